/// A JSON number as its digits and a power of ten, while it has at most nineteen digits.
struct JSONNumber {
  private let isNegative: Bool
  private let digits: UInt64
  private let exponent: Int

  /// The text of a number that the scanner has accepted; nil if it has too many digits, or an exponent that nothing
  /// can hold.
  init?(_ text: UnsafeBufferPointer<UInt8>) {
    var digits: UInt64 = 0
    var exponent = 0
    var index = 0
    var isFraction = false
    isNegative = text.first == UInt8(ascii: "-")
    if isNegative { index = 1 }
    while index < text.count {
      let byte = text[index]
      index += 1
      if byte == UInt8(ascii: ".") {
        isFraction = true
      } else if byte | 0x20 == UInt8(ascii: "e") {
        guard let written = Int(String(decoding: UnsafeBufferPointer(rebasing: text[index...]), as: UTF8.self)),
          written.magnitude < 10_000
        else { return nil }
        exponent += written
        break
      } else {
        let (tens, overflow) = digits.multipliedReportingOverflow(by: 10)
        let (sum, carry) = tens.addingReportingOverflow(UInt64(byte &- 0x30))
        guard !overflow, !carry else { return nil }
        digits = sum
        if isFraction { exponent -= 1 }
      }
    }
    self.digits = digits
    self.exponent = exponent
  }

  /// nil unless it is an integer of the type.
  func integer<T: FixedWidthInteger>(_ type: T.Type) -> T? {
    var value = digits
    var exponent = exponent
    while exponent < 0, value != 0 {
      let (quotient, rest) = value.quotientAndRemainder(dividingBy: 10)
      guard rest == 0 else { return nil }
      value = quotient
      exponent += 1
    }
    while exponent > 0, value != 0 {
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      guard !overflow else { return nil }
      value = product
      exponent -= 1
    }
    guard isNegative else { return T(exactly: value) }
    return T(exactly: value).flatMap { T(exactly: 0)?.subtractingReportingOverflow($0) }
      .flatMap { $0.overflow ? nil : $0.partialValue }
  }

  /// The nearest `Double` when one exact multiplication or division gives it (W. D. Clinger, 1990); nil when it takes
  /// more.
  var exactDouble: Double? {
    guard digits <= 1 << 53, -22...22 ~= exponent else { return nil }
    let magnitude = Double(digits)
    let value = exponent < 0 ? magnitude / Self.powers[-exponent] : magnitude * Self.powers[exponent]
    return isNegative ? -value : value
  }

  private static let powers: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]
}
