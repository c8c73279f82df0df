import TronKit

/// What money is counted in. Both have six decimals.
public enum Currency: String, Codable, Sendable, Hashable, CaseIterable {
  /// Counted in sun, 1/1,000,000 TRX.
  case trx = "TRX"
  /// Counted in micro-USDT, 1/1,000,000 USDT.
  case usdt = "USDT"
}

/// An amount in one currency. May be negative, as a difference.
public struct Money: Codable, Sendable, Hashable {
  public let currency: Currency
  /// In the currency's smallest unit: sun or micro-USDT.
  public let amount: Int64

  public init(_ amount: Int64, _ currency: Currency) {
    self.amount = amount
    self.currency = currency
  }

  /// Reads an amount as people write it: `12`, `12.5`, `0.000001`. No sign, exponent, separator or space.
  /// - Throws: `AmountError`.
  public static func parse(_ text: String, _ currency: Currency) throws -> Money {
    Money(try Sun.parse(trx: text).value, currency)
  }

  /// Without trailing zeros and without the unit, such as `12.5`.
  public var decimal: String { Sun(amount).trx }
}

extension Money: CustomStringConvertible {
  /// Such as `12.5 TRX`.
  public var description: String { "\(decimal) \(currency.rawValue)" }
}
