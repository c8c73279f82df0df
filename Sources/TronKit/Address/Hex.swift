/// Lower-case hexadecimal, two digits a byte, without 0x.
public enum Hex {
  private static let digits = Array("0123456789abcdef".utf8)

  /// Two digits a byte.
  public static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var text: [UInt8] = []
    text.reserveCapacity(bytes.underestimatedCount * 2)
    for byte in bytes {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Reads either case.
  /// - Throws: `HexError` for an odd number of digits or another character. It does not repeat the text, which may
  ///   be a key.
  public static func decode(_ text: some StringProtocol) throws(HexError) -> [UInt8] {
    let digits = text.utf8
    try check(digits)
    return [UInt8](unsafeUninitializedCapacity: digits.count / 2) { buffer, count in
      decode(digits, into: UnsafeMutableRawBufferPointer(buffer))
      count = digits.count / 2
    }
  }

  static func check(_ digits: some Collection<UInt8>) throws(HexError) {
    for (position, digit) in digits.enumerated() where value(digit) == nil {
      throw HexError(.notADigit(position: position))
    }
    guard digits.count % 2 == 0 else { throw HexError(.oddLength(digits.count)) }
  }

  /// Writes what `check` has passed to memory of half the length, and nowhere else.
  static func decode(_ digits: some Collection<UInt8>, into buffer: UnsafeMutableRawBufferPointer) {
    var position = 0
    for digit in digits where position / 2 < buffer.count {
      let value = value(digit) ?? 0
      buffer[position / 2] = position % 2 == 0 ? value << 4 : buffer[position / 2] | value
      position += 1
    }
  }

  private static func value(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}

/// Why a text is not hexadecimal.
public struct HexError: Error, Hashable, Sendable, CustomStringConvertible {
  public enum Reason: Hashable, Sendable {
    case oddLength(Int)
    /// Counted in UTF-8 bytes from 0.
    case notADigit(position: Int)
  }

  public let reason: Reason

  init(_ reason: Reason) { self.reason = reason }

  public var description: String {
    switch reason {
    case .oddLength(let count): "hexadecimal needs two digits a byte, but there are \(count) characters"
    case .notADigit(let position): "the character at position \(position + 1) is not a hexadecimal digit (0-9, a-f)"
    }
  }
}
