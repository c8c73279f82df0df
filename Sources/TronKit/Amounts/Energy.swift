/// An amount of energy in the chain's units. In JSON an integer.
public struct Energy: Hashable, Sendable {
  /// In the chain's units.
  public let value: Int64

  /// None.
  public static let zero = Energy(0)

  public init(_ value: Int64) { self.value = value }

  /// - Throws: `amount_overflow`.
  public func adding(_ other: Energy) throws(AmountError) -> Energy {
    let (sum, overflow) = value.addingReportingOverflow(other.value)
    if overflow { throw .overflow("\(value) energy + \(other.value) energy") }
    return Energy(sum)
  }

  /// - Throws: `amount_overflow`.
  public func subtracting(_ other: Energy) throws(AmountError) -> Energy {
    let (difference, overflow) = value.subtractingReportingOverflow(other.value)
    if overflow { throw .overflow("\(value) energy - \(other.value) energy") }
    return Energy(difference)
  }

  /// - Throws: `amount_overflow`.
  public func multiplied(by factor: Int64) throws(AmountError) -> Energy {
    let (product, overflow) = value.multipliedReportingOverflow(by: factor)
    if overflow { throw .overflow("\(value) energy × \(factor)") }
    return Energy(product)
  }
}

extension Energy: Comparable {
  public static func < (left: Energy, right: Energy) -> Bool { left.value < right.value }
}

extension Energy: CustomStringConvertible {
  public var description: String { "\(value) energy" }
}

extension Energy: Codable {
  public init(from decoder: any Decoder) throws {
    value = try decoder.singleValueContainer().decode(Int64.self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}
