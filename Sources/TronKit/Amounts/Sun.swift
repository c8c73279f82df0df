/// An amount of TRX in sun, 1/1,000,000 TRX. May be negative, as a difference. In JSON an integer.
public struct Sun: Hashable, Sendable {
  /// In sun.
  public let value: Int64

  /// None.
  public static let zero = Sun(0)
  /// 1 TRX.
  public static let perTRX: Int64 = 1_000_000

  public init(_ value: Int64) { self.value = value }

  /// Whole TRX, for constants.
  public init(trx: Int64) throws(AmountError) {
    self = try Sun(trx).multiplied(by: Self.perTRX)
  }

  /// - Throws: `amount_overflow`.
  public func adding(_ other: Sun) throws(AmountError) -> Sun {
    let (sum, overflow) = value.addingReportingOverflow(other.value)
    if overflow { throw .overflow("\(value) sun + \(other.value) sun") }
    return Sun(sum)
  }

  /// - Throws: `amount_overflow`.
  public func subtracting(_ other: Sun) throws(AmountError) -> Sun {
    let (difference, overflow) = value.subtractingReportingOverflow(other.value)
    if overflow { throw .overflow("\(value) sun - \(other.value) sun") }
    return Sun(difference)
  }

  /// - Throws: `amount_overflow`.
  public func multiplied(by factor: Int64) throws(AmountError) -> Sun {
    let (product, overflow) = value.multipliedReportingOverflow(by: factor)
    if overflow { throw .overflow("\(value) sun × \(factor)") }
    return Sun(product)
  }

  /// Reads TRX as people write it: `12`, `12.5`, `0.000001`. No sign, exponent, separator or space.
  public static func parse(trx text: String) throws(AmountError) -> Sun {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let isDigits = { (part: Substring) in !part.isEmpty && part.utf8.allSatisfy { (48...57).contains($0) } }
    guard parts.count <= 2, parts.allSatisfy(isDigits), parts.count == 1 || parts[1].count <= 6 else {
      throw .invalid(text)
    }
    let decimals = parts.count == 2 ? parts[1] + String(repeating: "0", count: 6 - parts[1].count) : "000000"
    guard let value = Int64(parts[0] + decimals) else { throw .overflow("\(text.prefix(40)) TRX") }
    return Sun(value)
  }

  /// TRX without trailing zeros and without the unit, such as `12.5`.
  public var trx: String {
    let magnitude = value.magnitude
    let unit = UInt64(Self.perTRX)
    let sign = value < 0 ? "-" : ""
    let rest = magnitude % unit
    guard rest > 0 else { return "\(sign)\(magnitude / unit)" }
    var decimals = String(rest)
    decimals = String(repeating: "0", count: 6 - decimals.count) + decimals
    while decimals.hasSuffix("0") { decimals.removeLast() }
    return "\(sign)\(magnitude / unit).\(decimals)"
  }
}

extension Sun: Comparable {
  public static func < (left: Sun, right: Sun) -> Bool { left.value < right.value }
}

extension Sun: CustomStringConvertible {
  public var description: String { "\(trx) TRX" }
}

extension Sun: Codable {
  public init(from decoder: any Decoder) throws {
    value = try decoder.singleValueContainer().decode(Int64.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}
