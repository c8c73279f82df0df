import Foundation
import Testing

@testable import BusKit
@testable import Redis

struct EnvelopeTests {
  private func sample() throws -> Envelope {
    Envelope(
      id: try #require(UUID(uuidString: "0190B7F0-0000-7000-8000-00000000002A")), type: "order.PlaceOrder", version: 2,
      key: "order-1", createdAt: Date(timeIntervalSince1970: 1_700_000_000.123), timeToLive: .seconds(30),
      correlation: "c-1", causation: "m-0", traceparent: "00-aa-bb-01", replyTo: "gateway@1-x",
      body: Array(#"{"energy":65000}"#.utf8))
  }

  /// What Redis gives back of what was added.
  private func fields(_ envelope: Envelope) -> [RedisValue] {
    envelope.wireFields.map { word in
      var bytes: [UInt8] = []
      word.append(to: &bytes)
      return .bulk(bytes)
    }
  }

  @Test func theWireFormIsTheseFieldsInThisOrder() throws {
    let words: [RedisWord] = [
      "id", "0190b7f0-0000-7000-8000-00000000002a", "type", "order.PlaceOrder", "ver", "2", "key", "order-1",
      "ts", "1700000000123", "ttl", "30000", "cor", "c-1", "cau", "m-0", "tp", "00-aa-bb-01", "rt", "gateway@1-x",
      "ct", "application/json", "body", .init(Array(#"{"energy":65000}"#.utf8)),
    ]
    let expected = words.map { word in
      var bytes: [UInt8] = []
      word.append(to: &bytes)
      return RedisValue.bulk(bytes)
    }
    let written = fields(try sample())
    #expect(written == expected)
  }

  @Test func whatIsWrittenReadsBackEqual() throws {
    var envelope = try sample()
    #expect(try Envelope(wire: fields(envelope)) == envelope)
    envelope.timeToLive = nil
    envelope.body = Array(0...255)
    #expect(try Envelope(wire: fields(envelope)) == envelope)
  }

  @Test(arguments: [
    ("id", "42"), ("id", "0190b7f0-0000-7000-8000-00000000002g"), ("id", "0190b7f0+0000-7000-8000-00000000002a"),
    ("ver", "two"), ("ver", ""), ("ver", "+1"), ("ver", "99999999999999999999"), ("ts", "yesterday"), ("ts", "1.5"),
    ("ttl", "long"), ("ttl", "-"),
  ])
  func aFieldThatCannotBeReadIsNamed(name: String, value: String) throws {
    var fields = fields(try sample())
    let index = try #require(fields.firstIndex { $0.string == name })
    fields[index + 1] = .bulk(Array(value.utf8))
    let failure = #expect(throws: DecodingFailure.self) { try Envelope(wire: fields) }
    #expect(failure?.field == name)
    #expect(failure?.value == value)
  }

  @Test(arguments: [
    ("ver", "0"), ("ver", "-1"), ("ver", "2147483648"), ("ts", "-1"), ("ts", "253402300800000"),
    ("ttl", "3155760000001"), ("ttl", "-3155760000001"),
  ])
  func aNumberOutOfItsRangeIsRefusedWithItsRange(name: String, value: String) throws {
    var fields = fields(try sample())
    let index = try #require(fields.firstIndex { $0.string == name })
    fields[index + 1] = .bulk(Array(value.utf8))
    let failure = #expect(throws: DecodingFailure.self) { try Envelope(wire: fields) }
    #expect(failure?.field == name)
    #expect(failure?.value.hasPrefix("\(value) is not in ") == true)
  }

  @Test(arguments: ["id", "type", "ver", "key", "ts", "ttl", "cor", "cau", "tp", "rt", "ct"])
  func aFieldThatIsNotUTF8OrTooLongIsNamed(name: String) throws {
    var fields = fields(try sample())
    let index = try #require(fields.firstIndex { $0.string == name })
    fields[index + 1] = .bulk([0x61, 0xff])
    let failure = #expect(throws: DecodingFailure.self) { try Envelope(wire: fields) }
    #expect(failure?.field == name)
    #expect(failure?.value == "not UTF-8")
    fields[index + 1] = .bulk(Array(repeating: 0x61, count: Envelope.fieldBytesMax + 1))
    let tooLong = #expect(throws: DecodingFailure.self) { try Envelope(wire: fields) }
    #expect(tooLong?.field == name)
    #expect(tooLong?.value == "16385 bytes; the most is 16384")
  }

  @Test(arguments: ["id", "type", "ver", "key", "ts", "body"])
  func aMissingFieldIsNamed(name: String) throws {
    var fields = fields(try sample())
    let index = try #require(fields.firstIndex { $0.string == name })
    fields.removeSubrange(index...(index + 1))
    let failure = #expect(throws: DecodingFailure.self) { try Envelope(wire: fields) }
    #expect(failure?.field == name)
    #expect(failure?.value == "missing")
    fields.insert(.bulk(Array(name.utf8)), at: 0)
    #expect(throws: DecodingFailure.self) { try Envelope(wire: fields) }
  }

  @Test func otherFieldsMayBeMissingStrangersStandBetweenAndTheOrderBeAnother() throws {
    let envelope = Envelope(
      id: .v7(), type: "t", version: 1, key: "", createdAt: Date(timeIntervalSince1970: 1), correlation: "", body: [1])
    let all = fields(envelope)
    let needed = ["body", "ts", "key", "ver", "type", "id"].flatMap { name -> [RedisValue] in
      let index = all.firstIndex { $0.string == name } ?? 0
      return [.bulk([0xff, 0xfe]), .bulk([0xff]), all[index], all[index + 1]]
    }
    #expect(try Envelope(wire: needed) == envelope)
    #expect(try Envelope(wire: needed + [.bulk(Array("lonely".utf8))]) == envelope)
    #expect(throws: DecodingFailure.self) { try Envelope(wire: []) }
    #expect(throws: DecodingFailure.self) { try Envelope(wire: [.null, .integer(1), .array([])]) }
  }

  @Test(arguments: [-1e300, -1, 1e300, .infinity, .nan])
  func anImpossibleTimeIsWrittenAsTheNearestThatCanBeRead(seconds: Double) throws {
    var envelope = try sample()
    envelope.createdAt = Date(timeIntervalSince1970: seconds)
    let back = try Envelope(wire: fields(envelope))
    #expect(back.createdAt.timeIntervalSince1970 == (seconds > 0 ? 253_402_300_799.999 : 0))
  }

  @Test(arguments: [-1e300, -1, 0, 1_700_000_000.123, 1e300, .infinity, .nan], [nil, Duration.zero, .seconds(30)])
  func whatIsWrittenAtOnceAndWordByWordIsTheSame(seconds: Double, lifetime: Duration?) throws {
    for isPlain in [true, false] {
      var envelope = try sample()
      envelope.createdAt = Date(timeIntervalSince1970: seconds)
      envelope.timeToLive = lifetime
      if isPlain { (envelope.causation, envelope.traceparent, envelope.replyTo) = ("", "", "") }
      var atOnce = RedisPipeline()
      atOnce.begin(words: Envelope.wireWords)
      envelope.write(to: &atOnce)
      var byWord = RedisPipeline()
      try byWord.append(RedisCommand(envelope.wireFields))
      #expect(atOnce.bytes == byWord.bytes)
    }
  }

  @Test func aBodyOverTheLimitIsRefused() throws {
    var envelope = try sample()
    envelope.body = Array(repeating: 32, count: Envelope.bodyBytesMax + 1)
    let failure = #expect(throws: DecodingFailure.self) { try Envelope(wire: fields(envelope)) }
    #expect(failure?.field == "body")
    #expect(failure?.value == "262145 bytes; the most is 262144")
  }

  @Test func aMessageIsExpiredAfterItsTimeToLiveAndNotBefore() throws {
    var envelope = try sample()
    #expect(!envelope.isExpired(at: envelope.createdAt.addingTimeInterval(29.9)))
    #expect(envelope.isExpired(at: envelope.createdAt.addingTimeInterval(30.1)))
    envelope.timeToLive = nil
    #expect(!envelope.isExpired(at: .distantFuture))
  }

  /// These numbers are where messages already lie: they never change.
  @Test(arguments: [
    ("", 1, 5, 5), ("a", 0, 4, 12), ("order-1", 1, 5, 13), ("клиент", 1, 1, 9),
    ("TJRabPrwbZy45sbavfcjinPJC18kjpRTv8", 0, 4, 12),
  ])
  func aKeyHasItsPartitionForEver(key: String, of4: Int, of8: Int, of16: Int) {
    #expect(Topic("t", partitions: 4, groups: []).partition(of: key) == of4)
    #expect(Topic("t", partitions: 8, groups: []).partition(of: key) == of8)
    #expect(Topic("t", partitions: 16, groups: []).partition(of: key) == of16)
    #expect(Topic("t", groups: []).partition(of: key) == 0)
  }

  @Test func aPartitionHasKeysOfOneClusterSlot() {
    let topic = Topic("order.events", partitions: 2, groups: [])
    #expect(topic.streamKey(1) == "bus:{order.events.1}:stream")
    #expect(topic.deadKey(1) == "bus:{order.events.1}:dead")
  }

  private struct Dated: Codable, Equatable {
    let zone: String
    let at: Date
  }

  @Test func aBodyIsTheSameBytesForTheSameValue() throws {
    let value = Dated(zone: "a/b", at: Date(timeIntervalSince1970: 1_700_000_000.123))
    let body = try MessageCoder.encode(value)
    #expect(String(decoding: body, as: UTF8.self) == #"{"at":"2023-11-14T22:13:20.123Z","zone":"a/b"}"#)
    let back = try MessageCoder.decode(Dated.self, from: body)
    #expect(MessageCoder.timestamp(back.at) == "2023-11-14T22:13:20.123Z")
  }

  @Test func everyMillisecondOfADateSurvives() throws {
    for millisecond in 0..<1000 {
      let text = "2026-01-31T12:00:00." + String(repeating: "0", count: 3 - "\(millisecond)".count) + "\(millisecond)Z"
      #expect(MessageCoder.date(text).map(MessageCoder.timestamp) == text)
    }
    #expect(MessageCoder.date("2026-01-31T12:00:00Z") != nil)
    #expect(MessageCoder.date("yesterday") == nil)
  }

  @Test(arguments: ["{", "{}", #"{"at":"soon","zone":""}"#, ""])
  func aBodyThatCannotBeReadIsADecodingFailure(text: String) {
    #expect(throws: DecodingFailure.self) { try MessageCoder.decode(Dated.self, from: Array(text.utf8)) }
  }
}
