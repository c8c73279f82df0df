/// A 256-bit word of the virtual machine, unsigned.
struct Word: Sendable, Hashable, Comparable {
  static let zero = Word(high: 0, low: 0)
  static let max = Word(high: .max, low: .max)

  let high: UInt128
  let low: UInt128

  init(high: UInt128, low: UInt128) {
    self.high = high
    self.low = low
  }

  /// - Parameter value: not negative.
  init(_ value: Int64) { self.init(high: 0, low: UInt128(UInt64(bitPattern: value))) }

  /// - Parameter bytes: 32 at most, big-endian; what is missing at the end counts as zero, as in call data.
  init(_ bytes: some Sequence<UInt8>) {
    let padded = Array((Array(bytes) + [UInt8](repeating: 0, count: 32)).prefix(32))
    high = padded[..<16].reduce(0) { $0 << 8 | UInt128($1) }
    low = padded[16...].reduce(0) { $0 << 8 | UInt128($1) }
  }

  init(_ address: Address) { self.init([UInt8](repeating: 0, count: 12) + address.bytes.dropFirst()) }

  /// 32 bytes, big-endian.
  var bytes: [UInt8] {
    [high, low].flatMap { half in (0..<16).reversed().map { UInt8(truncatingIfNeeded: half >> (8 * UInt128($0))) } }
  }

  var decimal: String {
    guard high != 0 else { return String(low) }
    var digits: [UInt8] = []
    var rest = bytes
    while rest.contains(where: { $0 != 0 }) {
      var remainder = 0
      for index in rest.indices {
        let value = remainder << 8 | Int(rest[index])
        rest[index] = UInt8(value / 10)
        remainder = value % 10
      }
      digits.append(UInt8(ascii: "0") + UInt8(remainder))
    }
    return String(decoding: digits.reversed(), as: UTF8.self)
  }

  /// `nil` for what no balance can hold.
  var int64: Int64? { high == 0 ? Int64(exactly: low) : nil }

  /// The last 20 bytes, as contracts read an address.
  var address: Address? { Address(bytes: [Address.prefix] + bytes.suffix(20)) }

  /// - Precondition: `other` is not greater.
  func minus(_ other: Word) -> Word {
    let (rest, borrow) = low.subtractingReportingOverflow(other.low)
    return Word(high: high &- other.high &- (borrow ? 1 : 0), low: rest)
  }

  static func < (left: Word, right: Word) -> Bool {
    left.high == right.high ? left.low < right.low : left.high < right.high
  }
}
