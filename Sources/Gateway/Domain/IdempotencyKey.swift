import Crypto
import Foundation
import TronKit

/// The `Idempotency-Key` header: a structured-field string in quotes, or the bare text.
struct IdempotencyKey: Sendable, Equatable {
  static let lengthMax = 255
  let text: String

  /// - Throws: `Problem` 400 when the key is missing, empty, too long or not printable ASCII.
  init(header: String?) throws(Problem) {
    guard let header, !header.isEmpty else {
      throw Problem(
        400, "idempotency_key_missing", "Idempotency-Key missing",
        "Send a header Idempotency-Key with a text of your own, unique per order, such as a UUID. "
          + "Repeat it when you repeat the request.")
    }
    var text = header[...]
    if text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") { text = text.dropFirst().dropLast() }
    guard (1...Self.lengthMax).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) else {
      throw Problem(
        400, "idempotency_key_invalid", "Idempotency-Key invalid",
        "The key has \(text.utf8.count) bytes; give 1 to \(Self.lengthMax) printable ASCII characters.")
    }
    self.text = String(text)
  }

  /// The row of this key for one client; a key means nothing to another client.
  func rowID(client: String) -> String {
    client + ":" + Hex.encode(SHA256.hash(data: Data(text.utf8)))
  }
}

extension Problem {
  static let idempotencyKeyReused = Problem(
    422, "idempotency_key_reused", "Idempotency-Key reused",
    "This Idempotency-Key was sent before with another request. Use a new key for a new order.")
}
