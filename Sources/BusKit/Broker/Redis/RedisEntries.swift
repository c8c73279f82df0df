import Foundation
import Redis

/// Entries of a stream as Redis answers them.
enum RedisEntries {
  /// The reply of XREADGROUP and XREAD for one stream: `[[key, [[id, [field, value, …]], …]]]`, or null when nothing
  /// came. The fields are read when the envelope is asked for.
  /// - Parameter others: the replies before it, none of which may be an error.
  static func read(_ replies: RedisReplies, after others: Int = 0) throws -> [Delivery] {
    var cursor = replies.cursor
    for _ in 0..<others {
      try cursor.check()
      cursor.skip()
    }
    try cursor.check()
    guard let streams = cursor.array(), streams > 0, cursor.array() == 2 else { return [] }
    cursor.skip()
    guard let count = cursor.array() else { return [] }
    var deliveries: [Delivery] = []
    deliveries.reserveCapacity(count)
    for _ in 0..<count {
      guard cursor.array() == 2, let id = cursor.string() else {
        throw RedisError(.protocolViolation, "A stream's entry is not an id with its fields.")
      }
      let fields = cursor
      cursor.skip()
      deliveries.append(delivery(id: id, fields: fields))
    }
    return deliveries
  }

  private static func delivery(id: String, fields: RedisCursor) -> Delivery {
    let milliseconds = milliseconds(ofID: id)
    if fields.isNull { return Delivery(id: id, deliveries: 1, milliseconds: milliseconds, open: nil) }
    return Delivery(id: id, deliveries: 1, milliseconds: milliseconds) { try Envelope(fields) }
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
  static func milliseconds(ofID id: String) -> Int64 {
    var milliseconds: Int64 = 0
    for digit in id.utf8.prefix(15) {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { break }
      milliseconds = milliseconds * 10 + Int64(digit - UInt8(ascii: "0"))
    }
    return milliseconds
  }

  /// How many fields stand before the message's own in a dead letter.
  static let deadFields = 7

  /// Those fields. The message's place in the stream tells its age, if its own time does not say more:
  /// `Scripts.replayDead` reads it at the fourth.
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
