import ArgumentParser
import BusKit
import Contracts
import Foundation
import TestKit
import Testing

@testable import EnergyCtl

@Suite("energyctl")
struct CommandTests {
  private func json(_ output: DemoCommand.Output) throws -> String {
    String(decoding: try MessageCoder.encode(output), as: UTF8.self)
  }

  @Test("demo --json ends with one line that programs rely on")
  func demo() throws {
    let order = DemoOrder(id: "ord_1", status: "completed", delegate_txid: "ab", reclaim_txid: "cd")
    let text = try json(.init(ok: true, seconds: 17.5, telegram_order: order, rest_order: order, error: nil))
    let shown = #"{"delegate_txid":"ab","id":"ord_1","reclaim_txid":"cd","status":"completed"}"#
    #expect(text == #"{"ok":true,"rest_order":\#(shown),"seconds":17.5,"telegram_order":\#(shown)}"#)
  }

  @Test("a demo that broke says why, on one line")
  func brokenDemo() throws {
    let text = try json(.init(ok: false, seconds: 2, telegram_order: nil, rest_order: nil, error: "a\nb"))
    #expect(text == #"{"error":"a\nb","ok":false,"seconds":2}"#)
  }

  @Test("every command that changes something asks why", arguments: [
    ["credit", "--customer", "cus_1", "--trx", "1"], ["client", "create", "--name", "shop"],
    ["signing", "nothing"], ["supplier", "add", "--key-file", "f"], ["chain", "rescan", "5", "9"],
    ["supplier", "enable", "T"], ["supplier", "drain", "T"], ["supplier", "disable", "T"], ["supplier", "refresh", "T"],
  ])
  func reasons(arguments: [String]) throws {
    #expect(throws: (any Error).self) { try EnergyCtl.parseAsRoot(arguments) }
    _ = try EnergyCtl.parseAsRoot(arguments + ["--reason", "test"])
  }

  @Test("a key that was printed is the key that is used again")
  func key() throws {
    let given = try ActionOptions.parse(["--reason", "r", "--actor", "ann", "--key", "k-1"]).action()
    #expect(given == OperatorAction(actor: "ann", reason: "r", key: "k-1"))
    let first = try ActionOptions.parse(["--reason", "r"]).action()
    let second = try ActionOptions.parse(["--reason", "r"]).action()
    #expect(first.key != second.key)
  }

  @Test("a reason or key of a length that no table takes is refused", arguments: [
    ["--reason", ""], ["--reason", String(repeating: "x", count: 501)],
    ["--reason", "r", "--key", String(repeating: "k", count: 201)],
  ])
  func lengths(arguments: [String]) throws {
    let options = try ActionOptions.parse(arguments)
    #expect(throws: ValidationError.self) { try options.action() }
  }

  @Test("what cannot be a customer's id is refused", arguments: [
    "", "cus_", "42", "ord_1", "cus_a b", "cus_a\ncus_b", "cus_\u{0}", "cus_" + String(repeating: "a", count: 61),
  ])
  func customers(text: String) { #expect(throws: ValidationError.self) { try CustomerID(argument: text) } }

  @Test("a customer's id is taken as it is")
  func customer() throws {
    #expect(try CustomerID(argument: "cus_0123456789abcdef").text == "cus_0123456789abcdef")
    #expect(try CustomerID(argument: CustomerID.random().text).text.count == 36)
  }

  @Test("an order is named by its whole id")
  func orders() async throws {
    let command = try #require(try EnergyCtl.parseAsRoot(["order", "show", "ord_1"]) as? OrderCommand.Show)
    await #expect(throws: ValidationError.self) { try await command.run() }
  }

  @Test("nobody's answer ends with 2 whatever was asked, a refusal with 1", arguments: [
    ("timeout", ExitCode.unanswered), ("unavailable", .unanswered), ("overloaded", .unanswered),
    ("unknown_query", .unanswered), ("not_found", .failure), ("internal", .failure),
  ])
  func silence(code: String, exit: ExitCode) {
    #expect(BusOptions.exit(for: QueryFailure(code: code, message: "m"), of: .txQueries) == exit)
  }

  @Test("nobody's answer ends with 2 within a longer command, too")
  func silenceOnTheWay() async throws {
    let redis = try await RedisServer.start()
    let bus = try BusOptions.parse([])
    await #expect(throws: ExitCode.unanswered) {
      try await bus.withBus(in: ["ENERGY_REDIS_URL": redis.url]) { _ in
        throw QueryFailure(code: "timeout", message: "m")
      }
    }
    try await redis.stop()
  }

  @Test("the demo reads how many deliveries were counted", arguments: [
    ("", 0), ("energy_order_delivery_seconds_bucket{le=\"1\"} 7\n", 0),
    ("# TYPE energy_order_delivery_seconds histogram\nenergy_order_delivery_seconds_count 2\n", 2),
  ])
  func deliveries(metrics: String, count: Int) { #expect(DemoStory.deliveries(in: metrics) == count) }

  @Test("an API key's secret goes into a header as it is")
  func urlSafe() {
    #expect(Data([0xfb, 0xff, 0xbf, 0x01]).urlSafeBase64 == "-_-_AQ")
  }
}
