import BusKit
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

  /// Reads the key from the file that `ENERGY_ORDER_HMAC_KEY_FILE` names: the same for order-svc and tx-svc, or nothing
  /// is signed. nil: `reader` has the mistake.
  public static func key(_ reader: inout EnvironmentReader) -> SymmetricKey? {
    guard let text = reader.secret("ENERGY_ORDER_HMAC_KEY_FILE") else { return nil }
    guard text.utf8.count == 64, let bytes = try? Hex.decode(text) else {
      reader.mistake(
        "ENERGY_ORDER_HMAC_KEY_FILE: the file must hold 64 hex digits, e.g. from: openssl rand -hex 32")
      return nil
    }
    return SymmetricKey(data: bytes)
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
