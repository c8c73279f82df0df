import BusKit
import Crypto
import Foundation
import TronKit

/// A string that identifies one kind of thing, so that an order can never be passed where a customer is meant.
public protocol Identifier: Codable, Sendable, Hashable, CustomStringConvertible {
  var text: String { get }
  init(text: String)
}

extension Identifier {
  public var description: String { text }
  public init(from decoder: any Decoder) throws {
    self.init(text: try decoder.singleValueContainer().decode(String.self))
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(text)
  }
}

/// The only identity on the bus. For a Telegram user an HMAC of the user id under the installation's secret, so that
/// every gateway computes the same one without asking; for a client of the REST API random.
public struct CustomerID: Identifier {
  public let text: String
  public init(text: String) { self.text = text }

  public static func telegram(userID: Int64, installationSecret: SymmetricKey) -> CustomerID {
    let code = HMAC<SHA256>.authenticationCode(for: Data("telegram:\(userID)".utf8), using: installationSecret)
    return CustomerID(text: "cus_" + Hex.encode(code.prefix(16)))
  }

  public static func random() -> CustomerID { CustomerID(text: "cus_" + compact(.v7())) }

  /// `cus_` and 1 to 60 letters, digits, `_` or `-`, all ASCII.
  public init?(parsing text: String) {
    let rest = text.utf8.dropFirst(4)
    guard text.hasPrefix("cus_"), (1...60).contains(rest.count), rest.allSatisfy(Self.isPlain) else { return nil }
    self.text = text
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }
}

/// Minted by the client's edge (gateway or session-svc) before anything is stored, so that a repeated request is the
/// same order.
public struct OrderID: Identifier {
  public let text: String
  public init(text: String) { self.text = text }
  public static func make() -> OrderID { OrderID(text: "ord_" + compact(.v7())) }

  /// The same order for the same cause, however often it is handled.
  public static func derived(from cause: UUID) -> OrderID { OrderID(text: "ord_" + compact(cause)) }

  /// `ord_` and 32 hex digits.
  public init?(parsing text: String) {
    // Bytes, not characters: Unicode has other hex digits.
    let digits = Set("0123456789abcdef".utf8)
    guard text.utf8.count == 36, text.hasPrefix("ord_"), text.utf8.dropFirst(4).allSatisfy(digits.contains) else {
      return nil
    }
    self.text = text
  }
}

public struct ClientID: Identifier {
  public let text: String
  public init(text: String) { self.text = text }
}

private func compact(_ id: UUID) -> String { id.text.replacingOccurrences(of: "-", with: "") }
