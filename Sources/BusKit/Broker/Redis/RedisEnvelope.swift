import Foundation
import Redis

/// Envelopes as Redis carries them, written and read without an object for every field. The same form as `wireFields`.
extension Envelope {
  private static let idName = RedisPhrase(["id"])
  private static let typeName = RedisPhrase(["type"])
  private static let versionName = RedisPhrase(["ver"])
  private static let keyName = RedisPhrase(["key"])
  private static let createdName = RedisPhrase(["ts"])
  private static let timeToLiveName = RedisPhrase(["ttl"])
  private static let correlationName = RedisPhrase(["cor"])
  private static let causationName = RedisPhrase(["cau"])
  private static let traceName = RedisPhrase(["tp"])
  private static let replyName = RedisPhrase(["rt"])
  private static let contentName = RedisPhrase(["ct"])
  private static let bodyName = RedisPhrase(["body"])
  private static let noTimeToLive = RedisPhrase(["ttl", ""])
  /// From causation to the body's name, as most messages have them.
  private static let plainTail = RedisPhrase(["cau", "", "tp", "", "rt", "", "ct", "application/json", "body"])

  static let wireWords = 24

  /// About what this takes of a pipeline.
  var wireByteCount: Int { body.count + type.utf8.count + key.utf8.count + 320 }

  /// Writes `wireWords` words.
  func write(to pipeline: inout RedisPipeline) {
    pipeline.append(Self.idName)
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: UUID.textLength) { buffer in
      guard let start = buffer.baseAddress else { return }
      id.writeText(to: start, uppercase: false)
      pipeline.append(UnsafeBufferPointer(buffer))
    }
    pipeline.append(Self.typeName)
    pipeline.append(type)
    pipeline.append(Self.versionName)
    pipeline.append(Int64(version))
    pipeline.append(Self.keyName)
    pipeline.append(key)
    pipeline.append(Self.createdName)
    pipeline.append(createdMilliseconds)
    if let timeToLive {
      pipeline.append(Self.timeToLiveName)
      pipeline.append(timeToLive.milliseconds)
    } else {
      pipeline.append(Self.noTimeToLive)
    }
    pipeline.append(Self.correlationName)
    pipeline.append(correlation)
    if causation.isEmpty, traceparent.isEmpty, replyTo.isEmpty, contentType == Self.json {
      pipeline.append(Self.plainTail)
    } else {
      writeTail(to: &pipeline)
    }
    pipeline.append(body)
  }

  private func writeTail(to pipeline: inout RedisPipeline) {
    pipeline.append(Self.causationName)
    pipeline.append(causation)
    pipeline.append(Self.traceName)
    pipeline.append(traceparent)
    pipeline.append(Self.replyName)
    pipeline.append(replyTo)
    pipeline.append(Self.contentName)
    pipeline.append(contentType)
    pipeline.append(Self.bodyName)
  }

  private static let json = "application/json"

  /// Reads an entry's fields at `cursor`. The usual fields in the usual order are read as they stand; anything else
  /// goes the long way, which knows what to say about it.
  init(_ cursor: RedisCursor) throws {
    var place = cursor
    if let envelope = Self.usual(&place) {
      self = envelope
    } else {
      place = cursor
      try self.init(wire: place.value().array ?? [])
    }
  }

  private static func usual(_ cursor: inout RedisCursor) -> Envelope? {
    guard cursor.array() == wireWords,
      cursor.isName("id"), let id = cursor.text({ UUID(text: $0) }) ?? nil,
      cursor.isName("type"), let type = cursor.field(),
      cursor.isName("ver"), let version = cursor.number(), (1...Int64(Int32.max)).contains(version),
      cursor.isName("key"), let key = cursor.field(),
      cursor.isName("ts"), let created = cursor.number(), created <= createdMillisecondsMax,
      cursor.isName("ttl"), let lifetime = cursor.lifetime(),
      cursor.isName("cor"), let correlation = cursor.field(),
      cursor.isName("cau"), let causation = cursor.field(),
      cursor.isName("tp"), let traceparent = cursor.field(),
      cursor.isName("rt"), let replyTo = cursor.field(),
      cursor.isName("ct"), let contentType = cursor.contentType(),
      cursor.isName("body"), let body = cursor.text({ $0.count <= bodyBytesMax ? Array($0) : nil }) ?? nil
    else { return nil }
    return Envelope(
      id: id, type: type, version: Int(version), key: key,
      createdAt: Date(timeIntervalSince1970: Double(created) / 1000),
      timeToLive: lifetime == 0 ? nil : .milliseconds(lifetime), correlation: correlation, causation: causation,
      traceparent: traceparent, replyTo: replyTo, contentType: contentType, body: body)
  }
}

extension RedisCursor {
  fileprivate mutating func isName(_ name: StaticString) -> Bool {
    text { text in
      guard text.count == name.utf8CodeUnitCount, let start = text.baseAddress else { return false }
      return memcmp(start, name.utf8Start, text.count) == 0
    } ?? false
  }

  /// Text of the length that a field may have.
  fileprivate mutating func field() -> String? {
    text { $0.count <= Envelope.fieldBytesMax ? String(validating: $0, as: UTF8.self) : nil } ?? nil
  }

  /// Milliseconds of life; 0: it lasts. What is written as 0, and what is longer than it may be, goes the long way.
  fileprivate mutating func lifetime() -> Int64? {
    var ahead = self
    if let isEmpty = ahead.text({ $0.isEmpty }), isEmpty {
      self = ahead
      return 0
    }
    guard let number = number(), (1...Envelope.timeToLiveMillisecondsMax).contains(number) else { return nil }
    return number
  }

  /// Up to 15 digits and no sign: what does not fit is left to the long way.
  fileprivate mutating func number() -> Int64? {
    text { digits -> Int64? in
      guard (1...15).contains(digits.count) else { return nil }
      var number: Int64 = 0
      for digit in digits {
        guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
        number = number * 10 + Int64(digit - UInt8(ascii: "0"))
      }
      return number
    } ?? nil
  }

  /// The usual one without an allocation.
  fileprivate mutating func contentType() -> String? {
    var ahead = self
    if ahead.isName("application/json") {
      self = ahead
      return "application/json"
    }
    return field()
  }
}
