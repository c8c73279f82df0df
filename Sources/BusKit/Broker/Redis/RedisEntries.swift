import Foundation
import Redis

/// Entries of a stream as Redis answers them.
enum RedisEntries {
  /// The reply of XREADGROUP and XREAD for one stream: `[[key, [[id, [field, value, …]], …]]]`, or null when nothing
  /// came.
  static func read(_ reply: RedisValue) -> [Delivery] {
    guard let stream = reply.array?.first?.array, stream.count == 2 else { return [] }
    return range(stream[1], deliveries: 1)
  }

  /// The reply of XRANGE and XCLAIM: `[[id, [field, value, …]], …]`. An entry without fields was trimmed while pending.
  static func range(_ reply: RedisValue, deliveries: Int) -> [Delivery] {
    (reply.array ?? []).compactMap { entry in
      guard let parts = entry.array, parts.count == 2, let id = parts[0].string else { return nil }
      return delivery(id: id, fields: parts[1].array, deliveries: deliveries)
    }
  }

  private static func delivery(id: String, fields: [RedisValue]?, deliveries: Int) -> Delivery {
    guard let fields else {
      return Delivery(id: id, deliveries: deliveries, milliseconds: milliseconds(ofID: id), open: nil)
    }
    return Delivery(id: id, deliveries: deliveries, milliseconds: milliseconds(ofID: id)) {
      try Envelope(wire: fields)
    }
  }

  /// Redis' time when the entry was added.
  static func milliseconds(ofID id: some StringProtocol) -> Int64 { Int64(id.prefix { $0 != "-" }) ?? 0 }

  /// How many fields stand before the message's own in a dead letter.
  static let deadFields = 7

  /// Those fields. The age of the message is that of its place in the stream.
  static func deadFields(
    reason: String, detail: String, group: String, streamID: String, deliveries: Int
  ) -> [RedisWord] {
    [
      "reason", .init(reason), "detail", .init(String(detail.prefix(500))), "group", .init(group), "stream-id",
      .init(streamID), "deliveries", .init(deliveries), "first-at",
      .init(MessageCoder.timestamp(Date(milliseconds: milliseconds(ofID: streamID)))), "buried-at",
      .init(MessageCoder.timestamp(Date())),
    ]
  }

  static func deadLetters(_ reply: RedisValue) -> [DeadLetter] {
    (reply.array ?? []).compactMap { entry in
      guard let parts = entry.array, parts.count == 2, let id = parts[0].string, let fields = parts[1].array else {
        return nil
      }
      var texts: [String: String] = [:]
      for index in stride(from: 0, to: min(fields.count, 2 * deadFields) - 1, by: 2) {
        texts[fields[index].string ?? ""] = fields[index + 1].string ?? ""
      }
      let message = Array(fields.dropFirst(2 * deadFields))
      return DeadLetter(
        id: id, group: texts["group"] ?? "", reason: texts["reason"] ?? "", detail: texts["detail"] ?? "",
        deliveries: texts["deliveries"].flatMap { Int($0) } ?? 0,
        firstMilliseconds: milliseconds(ofID: texts["stream-id"] ?? ""), buriedMilliseconds: milliseconds(ofID: id)
      ) { try Envelope(wire: message) }
    }
  }
}
