import Crypto
import Foundation
import TronKit

/// order-svc's proof, checked by the signer, that an order asks for exactly this: HMAC-SHA256 under a key that only the
/// two have.
public struct OrderSeal: Codable, Sendable, Equatable {
  public let code: Data

  public static func delegate(
    order: OrderID, customer: CustomerID, receiver: TronAddress, energy: Energy, durationSeconds: Int64,
    key: SymmetricKey
  ) -> OrderSeal {
    make(["delegate", order.text, customer.text, receiver.base58, "\(energy.value)", "\(durationSeconds)"], key)
  }

  public static func reclaim(order: OrderID, receiver: TronAddress, endsAt: Date, key: SymmetricKey) -> OrderSeal {
    make(["reclaim", order.text, receiver.base58, milliseconds(endsAt)], key)
  }

  /// In constant time.
  public static func == (a: OrderSeal, b: OrderSeal) -> Bool {
    guard a.code.count == b.code.count else { return false }
    return zip(a.code, b.code).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private static func make(_ parts: [String], _ key: SymmetricKey) -> OrderSeal {
    // Parts hold no newline: identifiers, base58 and digits only.
    OrderSeal(code: Data(HMAC<SHA256>.authenticationCode(for: Data(parts.joined(separator: "\n").utf8), using: key)))
  }

  private static func milliseconds(_ date: Date) -> String {
    String(Int64((date.timeIntervalSince1970 * 1000).rounded()))
  }
}
