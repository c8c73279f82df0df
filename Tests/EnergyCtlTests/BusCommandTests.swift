import ArgumentParser
import BusKit
import Contracts
import Foundation
import Testing

@testable import EnergyCtl

@Suite("energyctl bus: what it is told")
struct BusCommandTests {
  @Test("every command that changes something asks why", arguments: [
    ["dead", "replay", "--all"], ["dead", "purge", "tx.commands", "--letter", "0/1-1"],
    ["effects", "retry", "--service", "tx-svc", "--all"], ["effects", "purge", "--service", "tx-svc", "--kind", "k"],
    ["replay", "--service", "order-svc", "--from", "2h"], ["schedules", "run", "--service", "tx-svc", "publish pool"],
  ])
  func reasons(arguments: [String]) throws {
    #expect(throws: (any Error).self) { try EnergyCtl.parseAsRoot(["bus"] + arguments) }
    _ = try EnergyCtl.parseAsRoot(["bus"] + arguments + ["--reason", "test"])
  }

  @Test("a topic or service that does not exist is refused with those that do")
  func names() throws {
    let topic = #expect(throws: ValidationError.self) { try Topic.named("orders") }
    #expect(topic?.message.contains("order.commands") == true)
    // Questions live for a minute: there is nothing to look at.
    #expect(throws: ValidationError.self) { try Topic.named("order.queries") }
    let service = #expect(throws: ValidationError.self) { try ServiceOption.check("order") }
    #expect(service?.message.contains("order-svc") == true)
  }

  @Test("limits, partitions and stream ids are checked before anything is asked", arguments: [
    ["--limit", "0"], ["--limit", "1001"], ["--partition", "1"], ["--partition=-1"], ["--after", "12"],
    ["--after", "1-1; FLUSHALL"],
  ])
  func peek(arguments: [String]) throws {
    let peek = try PeekCommand.parse(["order.commands"] + arguments)
    #expect(throws: ValidationError.self) { try peek.request() }
  }

  @Test("a dead letter is named by its partition and id", arguments: [
    "", "1-1", "0/", "/1-1", "x/1-1", "-1/1-1", "0/1", "0/1-1/2", "0/1-1 ", "9999/1-1",
  ])
  func badLetters(text: String) { #expect(throws: ValidationError.self) { try DeadSearch.place(text) } }

  @Test("a dead letter's name is what list prints")
  func letters() throws {
    #expect(try DeadSearch.place("3/1767225600000-12") == .init(partition: 3, id: "1767225600000-12"))
  }

  @Test("dead letters are chosen one by one or all, never by leaving something out", arguments: [
    [], ["--all", "--letter", "0/1-1"], ["--letter", "0/1-1"], ["tx.commands", "--letter", "0/1"],
    ["nothing", "--all"], ["--all", "--limit", "0"],
  ])
  func choices(arguments: [String]) throws {
    let settling = try DeadSettling.parse(arguments + ["--reason", "r"])
    #expect(throws: ValidationError.self) { try settling.search() }
  }

  @Test("each service gets the letters of its own group, a thousand in one command, each command with its key")
  func commands() throws {
    func found(_ count: Int, _ topic: Topic, _ group: String) -> [DeadSearch.Found] {
      (1...count).map { number in
        DeadSearch.Found(
          topic: topic, partition: 0,
          letter: DeadLetter(
            id: "\(number)-0", group: group, reason: "attempts", detail: "", deliveries: 8, firstMilliseconds: 0,
            buriedMilliseconds: 0) { throw ExitCode.failure })
      }
    }
    let action = OperatorAction(actor: "ann", reason: "r", key: "k")
    let last = found(2, .orderEvents, "session-svc")
    let letters = found(1_500, .orderEvents, "gateway") + last
    let commands = try DeadSearch.commands(.replay, letters, action)
    #expect(commands.map(\.service) == ["gateway", "gateway", "session-svc"])
    #expect(commands.map(\.command.letters.count) == [1_000, 500, 2])
    let keys = commands.map(\.command.action.key)
    #expect(Set(keys).count == 3)
    let areDerived = keys.allSatisfy { $0.wholeMatch(of: /k\/[0-9a-f]{12}/) != nil }
    #expect(areDerived)
    // Once the others are settled, what is left has the key that it had.
    #expect(try DeadSearch.commands(.replay, last, action).map(\.command.action.key) == [keys[2]])
    let long = OperatorAction(actor: "ann", reason: "r", key: String(repeating: "k", count: 188))
    #expect(throws: ValidationError.self) { try DeadSearch.commands(.replay, last, long) }
    #expect(throws: ValidationError.self) {
      try DeadSearch.commands(.purge, found(1, .orderEvents, "old-svc"), action)
    }
  }

  @Test("effects are chosen by id, kind or all of them", arguments: [
    [], ["--all", "--kind", "k"], ["--all", "0198c0de-0000-7000-8000-000000000000"], ["not-an-id"],
  ])
  func effects(arguments: [String]) throws {
    let choice = try EffectChoice.parse(arguments)
    #expect(throws: ValidationError.self) { try choice.selection() }
  }

  @Test("a replay needs a time or an aggregate, in that order of time", arguments: [
    [], ["--topic", "order.events"], ["--from", "yesterday"], ["--from", "2h", "--to", "3h"],
    ["--from", "2999-01-01T00:00:00Z"], ["--from", "1h", "--topic", "order.queries"], ["--from", "-1h"],
  ])
  func replays(arguments: [String]) throws {
    let start = ["bus", "replay", "--service=order-svc", "--reason=r"]
    let command = try #require(try EnergyCtl.parseAsRoot(start + arguments.joinedPairs) as? ReplayCommand)
    #expect(throws: ValidationError.self) { try command.selection() }
  }

  @Test("times are given as a moment or as so long ago")
  func moments() throws {
    let now = try #require(MessageCoder.date("2026-01-31T12:00:00Z"))
    let cases = [
      ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00.000Z"), ("90s", "2026-01-31T11:58:30.000Z"),
      ("15m", "2026-01-31T11:45:00.000Z"), ("2h", "2026-01-31T10:00:00.000Z"), ("1d", "2026-01-30T12:00:00.000Z"),
    ]
    for (text, expected) in cases {
      #expect(MessageCoder.timestamp(try Limits.moment(text, "--from", now: now)) == expected)
    }
    for text in ["", "h", "2", "2w", "1.5h", "99999999999d", "-2h"] {
      #expect(throws: ValidationError.self) { try Limits.seconds(text, "--older-than") }
    }
  }

  @Test("without a terminal nothing that cannot be undone is done by itself")
  func confirmation() throws {
    #expect(throws: (any Error).self) { try Confirmation.parse([]).ask("purge") }
    try Confirmation.parse(["--yes"]).ask("purge")
  }

  @Test("what messages carry cannot steer the terminal")
  func safe() { #expect(Words.safe("a\u{1B}[2Jb\nc") == "a [2Jb c") }

  @Test("ages and sizes are words", arguments: [
    (-5, "0 ms"), (850, "850 ms"), (12_000, "12 s"), (185_000, "3 m 5 s"), (7_800_000, "2 h 10 m"),
    (356_400_000, "4 d 3 h"),
  ])
  func ages(milliseconds: Int64, text: String) { #expect(Words.age(milliseconds: milliseconds) == text) }

  @Test("columns are as wide as their widest cell, numbers stand to the right")
  func table() {
    var table = TextTable("NAME", "COUNT")
    table.add("a", "7")
    table.add("longer", "1234567")
    #expect(table.text == "NAME    COUNT\na             7\nlonger  1234567")
  }
}

extension [String] {
  /// `--name value` as `--name=value`, so that a value may begin with a dash.
  var joinedPairs: [String] { stride(from: 0, to: count - 1, by: 2).map { "\(self[$0])=\(self[$0 + 1])" } }
}
