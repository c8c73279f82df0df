import Foundation
import Postgres

extension Envelope {
  /// The message that a row of `outbox` or `parked` holds.
  init(row: PostgresRow) throws {
    self.init(
      id: try row.uuid("message_id"), type: try row.string("type"), version: Int(try row.int("version")),
      key: try row.string("key"), createdAt: try row.date("created_at"),
      timeToLive: try row.intIfPresent("ttl_ms").map { .milliseconds($0) },
      correlation: try row.string("correlation"), causation: try row.string("causation"),
      traceparent: try row.string("traceparent"), replyTo: try row.string("reply_to"),
      contentType: try row.string("content_type"), body: try row.bytes("body"))
  }
}
