import Redis

/// One delivery as Redis gave it.
struct StreamEntry: Sendable {
  let id: String
  /// nil: the entry was trimmed while it was pending. It is lost, and counted as such.
  let fields: [RedisValue]?
  /// How often it has been delivered, this time included.
  var deliveries: Int

  /// The reply of XREADGROUP for one stream: `[[key, [[id, [field, value, …]], …]]]`, or null when nothing came.
  static func list(fromRead reply: RedisValue) -> [StreamEntry] {
    guard let stream = reply.array?.first?.array, stream.count == 2 else { return [] }
    return list(fromRange: stream[1], deliveries: 1)
  }

  /// The reply of XRANGE and XCLAIM: `[[id, [field, value, …]], …]`.
  static func list(fromRange reply: RedisValue, deliveries: Int) -> [StreamEntry] {
    (reply.array ?? []).compactMap { entry in
      guard let parts = entry.array, parts.count == 2, let id = parts[0].string else { return nil }
      return StreamEntry(id: id, fields: parts[1].array, deliveries: deliveries)
    }
  }

  /// Redis' time when the entry was added, in milliseconds.
  var milliseconds: Int64 { Int64(id.prefix { $0 != "-" }) ?? 0 }
}
