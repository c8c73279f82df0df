import Foundation
import Postgres

/// A message as it stands in its stream.
struct StreamMessage: Sendable {
  var fields: [(name: String, value: [UInt8])]

  /// The same message under another id, as if its sender had decided twice.
  func renamed(_ id: String) -> StreamMessage {
    StreamMessage(fields: fields.map { $0.name == "id" ? ("id", Array(id.utf8)) : $0 })
  }

  /// From the sender's outbox: what everybody has read is trimmed from the stream.
  init(outbox row: PostgresRow) throws {
    let milliseconds = Int64((try row.date("created_at").timeIntervalSince1970 * 1000).rounded())
    let texts = [
      ("id", try row.string("message_id")), ("type", try row.string("type")), ("ver", "\(try row.int("version"))"),
      ("key", try row.string("key")), ("ts", "\(milliseconds)"),
      ("ttl", try row.intIfPresent("ttl_ms").map { "\($0)" } ?? ""), ("cor", try row.string("correlation")),
      ("cau", try row.string("causation")), ("tp", try row.string("traceparent")),
      ("rt", try row.string("reply_to")), ("ct", try row.string("content_type")),
    ]
    fields = texts.map { ($0.0, Array($0.1.utf8)) } + [("body", try row.bytes("body"))]
  }

  private init(fields: [(name: String, value: [UInt8])]) { self.fields = fields }
}
