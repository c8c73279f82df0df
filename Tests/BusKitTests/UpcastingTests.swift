import Foundation
import Postgres
import Redis
import Synchronization
import TestKit
import Testing

@testable import BusKit

/// Three releases of one message: kilo-energy, energy, energy with a unit of account.
private struct PayV1: Message {
  static let messageType = "test.Pay"
  static let topic = Add.topic
  let kilo: Int
  var messageKey: String { "k" }
}

private struct PayV2: UpcastableMessage {
  static let messageType = "test.Pay"
  static let messageVersion = 2
  static let topic = Add.topic
  let amount: Int
  var messageKey: String { "k" }
  init(upcasting older: PayV1) throws {
    guard older.kilo < 1_000_000 else { throw InvariantViolation("kilo \(older.kilo) is too much; it ends at 999,999") }
    amount = older.kilo * 1000
  }
}

private struct Pay: UpcastableMessage, Equatable {
  static let messageType = "test.Pay"
  static let messageVersion = 3
  static let topic = Add.topic
  let amount: Int
  let unit: String
  var messageKey: String { "k" }
  init(upcasting older: PayV2) { (amount, unit) = (older.amount, "sun") }
  init(amount: Int, unit: String) { (self.amount, self.unit) = (amount, unit) }
}

private struct PayNewer: Message {
  static let messageType = "test.Pay"
  static let messageVersion = 4
  static let topic = Add.topic
  var messageKey: String { "k" }
}

private struct Renamed: UpcastableMessage {
  static let messageType = "test.Renamed"
  static let messageVersion = 2
  static let topic = Add.topic
  var messageKey: String { "k" }
  init(upcasting older: PayV1) {}
}

private struct Leap: UpcastableMessage {
  static let messageType = "test.Pay"
  static let messageVersion = 4
  static let topic = Add.topic
  var messageKey: String { "k" }
  init(upcasting older: PayV2) {}
}

/// Its own predecessor.
private struct Circle: UpcastableMessage {
  static let messageType = "test.Circle"
  static let messageVersion = 2
  static let topic = Add.topic
  var messageKey: String { "k" }
  init(upcasting older: Circle) {}
}

private struct AskPayV1: Query {
  typealias Reply = String
  static let messageType = "test.AskPay"
  static let topic = GetTotal.topic
  let name: String
  var messageKey: String { name }
}

private struct AskPay: Query, UpcastableMessage {
  typealias Reply = String
  static let messageType = "test.AskPay"
  static let messageVersion = 2
  static let topic = GetTotal.topic
  let names: [String]
  var messageKey: String { "" }
  init(upcasting older: AskPayV1) { names = [older.name] }
}

private struct AskPayV3: Query {
  typealias Reply = String
  static let messageType = "test.AskPay"
  static let messageVersion = 3
  static let topic = GetTotal.topic
  var messageKey: String { "" }
}

struct UpcastingTests {
  private func envelope(_ version: Int, _ body: String, type: String = "test.Pay") -> Envelope {
    Envelope(
      id: .v7(), type: type, version: version, key: "k", createdAt: Date(), correlation: "", body: Array(body.utf8))
  }

  @Test(arguments: [
    (1, #"{"kilo":2}"#, Pay(amount: 2000, unit: "sun")), (2, #"{"amount":5}"#, Pay(amount: 5, unit: "sun")),
    (3, #"{"amount":5,"unit":"trx"}"#, Pay(amount: 5, unit: "trx")),
  ] as [(Int, String, Pay)])
  private func aBodyOfEachVersionIsRead(version: Int, body: String, expected: Pay) throws {
    #expect(try envelope(version, body).message(as: Pay.self) == expected)
  }

  @Test func aHandlerTakesEveryVersionUpToItsOwn() throws {
    let handler = MessageHandler(Pay.self, needs: { [.row(Account.self, "\($0.amount) \($0.unit)")] }) { _, _ in }
    #expect(handler.version == 3)
    #expect(handler.versionFault == nil)
    let keys = try [(1, #"{"kilo":2}"#), (2, #"{"amount":5}"#), (3, #"{"amount":6,"unit":"trx"}"#)].map {
      try handler.prepare(envelope($0.0, $0.1)).needs.map { "\($0)" }.joined()
    }
    for (key, text) in zip(keys, ["2000 sun", "5 sun", "6 trx"]) { #expect(key.contains(text)) }
  }

  @Test(arguments: [
    (4, #"{"amount":5,"unit":"trx"}"#, "ver", "4; test.Pay is known up to 3"),
    (0, #"{"amount":5}"#, "ver", "0; test.Pay is read from version 1 on"),
    (1, #"{"amount":5}"#, "kilo", "missing"), (2, #"{"amount":"5"}"#, "amount", #""5" is not Int"#),
  ])
  func whatCannotBeReadIsNamed(version: Int, body: String, field: String, value: String) {
    let failure = #expect(throws: DecodingFailure.self) { try envelope(version, body).message(as: Pay.self) }
    #expect(failure?.field == field)
    #expect(failure?.value == value)
  }

  @Test func aMessageMayRefuseItsPredecessor() {
    #expect(throws: InvariantViolation.self) { try envelope(1, #"{"kilo":1000000}"#).message(as: Pay.self) }
  }

  @Test func versionsThatDoNotFitTogetherAreSaid() {
    #expect(Pay.versionFault == nil)
    #expect(Add.versionFault == nil)
    #expect(Renamed.versionFault?.description.contains("give both the same messageType") == true)
    #expect(Leap.versionFault?.description.contains("upcast from version 3") == true)
    #expect(Circle.versionFault?.description.contains("upcast from version 1") == true)
    #expect(throws: InvariantViolation.self) { try envelope(1, "{}").message(as: Leap.self) }
  }

  @Test func aServiceWhoseVersionsDoNotFitDoesNotStart() async throws {
    var service = Service(name: "counter", schema: "counter", migrations: [])
    service.handle(Circle.self) { _, _ in }
    let configuration = ServiceConfiguration(
      redis: RedisConfiguration(address: .tcp(host: "127.0.0.1", port: 1)),
      postgres: PostgresConfiguration(conninfo: "", applicationName: "counter", searchPath: "counter"), poolSize: 1,
      httpPort: 0, timing: World.timing, logger: JSONLog.logger(service: "counter", level: .critical))
    await #expect(throws: InvariantViolation.self) { try await service.run(configuration) }
  }

  @Test func messagesAndQuestionsOfOlderReleasesAreHandledAndNewerOnesWait() async throws {
    try await World.run { world in
      var service = World.counter()
      let seen = Mutex<[Int]>([])
      service.handle(Pay.self) { pay, _ in seen.withLock { $0.append(pay.amount) } }
      service.answer(AskPay.self) { question, _ in question.names.joined(separator: ",") }
      let counter = try await world.start(service)
      try await world.send(PayNewer())
      try await world.send(PayV1(kilo: 2))
      try await world.send(Pay(amount: 5, unit: "trx"))
      try await eventually { seen.withLock { $0.sorted() } == [5, 2000] }
      // What has been handled is acknowledged a moment later.
      try await eventually { try await world.pending(Add.topic, "counter") == 1 }
      #expect(try await counter.bus.ask(AskPayV1(name: "a"), within: .seconds(5)) == "a")
      let failure = await #expect(throws: QueryFailure.self) {
        try await counter.bus.ask(AskPayV3(), within: .seconds(5))
      }
      #expect(failure?.code == "unknown_query")
    }
  }

  /// Without an older type to read it with, an old body is not taken for a new one.
  @Test func anOldBodyOfAMessageThatDoesNotUpcastIsRefused() {
    struct Strict: Message {
      static let messageType = "test.Pay"
      static let messageVersion = 2
      static let topic = Add.topic
      var messageKey: String { "k" }
    }
    #expect(throws: DecodingFailure.self) { try envelope(1, "{}").message(as: Strict.self) }
  }
}
