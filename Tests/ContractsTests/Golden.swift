import BusKit
import Contracts
import Testing

/// What a message looks like on the wire. Services of two releases run side by side, and a stream may hold messages
/// that are days old: none of this may ever change. A new field is optional.
struct Golden: Sendable, CustomTestStringConvertible {
  /// Type, version, topic and key, e.g. `order.PlaceOrder v1 in order.commands by ord_…`.
  let address: String
  let json: String
  /// The sample's address and body as this program writes them.
  let foundAddress: String
  let found: String
  /// Reads a body and writes it again.
  let rewrite: @Sendable (String) throws -> String

  var testDescription: String { address }

  init<M: Message>(_ address: String, _ sample: M, _ json: String) throws {
    self.address = address
    self.json = json
    foundAddress = "\(M.messageType) v\(M.messageVersion) in \(M.topic.name) by \(sample.messageKey)"
    found = try Self.text(sample)
    rewrite = { try Self.text(try MessageCoder.decode(M.self, from: Array($0.utf8))) }
  }

  /// A value that is an answer, and has no address.
  init<V: Codable & SendableMetatype>(answer name: String, _ sample: V, _ json: String) throws {
    address = name
    foundAddress = "\(V.self)"
    self.json = json
    found = try Self.text(sample)
    rewrite = { try Self.text(try MessageCoder.decode(V.self, from: Array($0.utf8))) }
  }

  private static func text(_ value: some Encodable) throws -> String {
    String(decoding: try MessageCoder.encode(value), as: UTF8.self)
  }
}
