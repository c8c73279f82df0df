import Foundation
import Redis

/// The readable form of an envelope in a stream entry: the same fields in the same order on every entry, so that Redis
/// stores the names once per node.
extension Envelope {
  var wireFields: [RedisWord] {
    [
      "id", .init(id.text), "type", .init(type), "ver", .init(version), "key", .init(key),
      "ts", .init(Int64((createdAt.timeIntervalSince1970 * 1000).rounded())),
      "ttl", .init(timeToLive.map { String($0.milliseconds) } ?? ""),
      "cor", .init(correlation), "cau", .init(causation), "tp", .init(traceparent), "rt", .init(replyTo),
      "ct", .init(contentType), "body", .init(body),
    ]
  }

  /// Reads a stream entry. Throws `DecodingFailure` with the field that is wrong: such an entry is dead-lettered, never
  /// retried.
  init(wire fields: [RedisValue]) throws {
    var texts: [String: String] = [:]
    var body: [UInt8]?
    var index = 0
    while index + 1 < fields.count {
      guard let name = fields[index].string else { throw DecodingFailure(field: "field name", value: "not UTF-8") }
      if name == "body" { body = fields[index + 1].bytes } else { texts[name] = fields[index + 1].string }
      index += 2
    }
    func text(_ name: String) throws -> String {
      guard let value = texts[name] else { throw DecodingFailure(field: name, value: "missing") }
      return value
    }
    guard let id = UUID(uuidString: try text("id")) else { throw DecodingFailure(field: "id", value: try text("id")) }
    guard let version = Int(try text("ver")) else { throw DecodingFailure(field: "ver", value: try text("ver")) }
    guard let milliseconds = Int64(try text("ts")) else { throw DecodingFailure(field: "ts", value: try text("ts")) }
    guard let body, body.count <= Envelope.bodyBytesMax else {
      throw DecodingFailure(field: "body", value: "\(body?.count ?? 0) bytes")
    }
    let ttl = texts["ttl"] ?? ""
    guard ttl.isEmpty || Int64(ttl) != nil else { throw DecodingFailure(field: "ttl", value: ttl) }
    self.init(
      id: id, type: try text("type"), version: version, key: try text("key"),
      createdAt: Date(timeIntervalSince1970: Double(milliseconds) / 1000),
      timeToLive: Int64(ttl).map { .milliseconds($0) }, correlation: texts["cor"] ?? "", causation: texts["cau"] ?? "",
      traceparent: texts["tp"] ?? "", replyTo: texts["rt"] ?? "", contentType: texts["ct"] ?? "application/json",
      body: body)
  }
}
