import BusKit
import Foundation
import TronKit

/// The story: a person orders in the chat, a client orders over REST, energy arrives, and is taken back at the end.
struct DemoStory: Sendable {
  let telegram: DemoAPI
  let gateway: DemoAPI
  let chain: DemoAPI
  let monitor: DemoAPI
  let user: Int64
  let start: Date

  private static let energy: Int64 = 65_000
  private static let seconds: Int64 = 10

  func say(_ line: String) {
    let elapsed = String(format: "%5.1f", Date().timeIntervalSince(start))
    writeError("\(elapsed)s  \(line)")
  }

  /// A new account with a little TRX on the simulated chain.
  func receiver() async throws -> String {
    let address = try PrivateKey.generate().address.base58
    _ = try await chain.post("/sim/accounts", ["address": address, "trx": 5_000_000])
    return address
  }

  // MARK: - Telegram

  func orderInTelegram(receiver: String) async throws -> DemoOrder {
    _ = try await telegram.post("/sim/chats", ["user_id": user, "first_name": "Ann", "language_code": "en"])
    try await write("/start")
    try await press("v1:rent", "chat: the menu came; flash rental")
    try await press("v1:e:\(Self.energy)", "chat: \(Self.energy) energy")
    try await press("v1:d:\(Self.seconds)", "chat: \(Self.seconds) s")
    _ = try await message { $0["text"].string.contains("Which address") }
    try await write("T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwc")
    _ = try await message { $0["text"].string.contains("checksum") }
    say("chat: a mistyped address was refused with its reason")
    try await write(receiver)
    let confirm = try await message { !Self.button($0, "v1:ok:").isEmpty }
    guard confirm["text"].string.contains(receiver) else {
      throw DemoFailure(description: "the confirm screen does not show the receiver: \(confirm["text"].string)")
    }
    let data = Self.button(confirm, "v1:ok:")
    let id = String(data.dropFirst("v1:ok:".count))
    say("chat: price and balance are shown; confirm")
    try await press(data, nil)
    _ = try await follow(confirm["message_id"].int, until: "safe to send now", "chat: delivered, safe to send now")
    _ = try await follow(confirm["message_id"].int, until: "Ended", "chat: the same message says that it has ended")
    return try await finished(id: id, receiver: receiver, over: "chat") { try await orderOnChain(receiver, id) }
  }

  private func write(_ text: String) async throws {
    _ = try await telegram.post("/sim/chats/\(user)/messages", ["text": text])
  }

  private func press(_ data: String, _ line: String?) async throws {
    let found = try await message { Self.button($0, data) == data }
    _ = try await telegram.post(
      "/sim/chats/\(user)/press", ["message_id": found["message_id"].int, "data": data])
    if let line { say(line) }
  }

  /// The newest message of the bot that fits, as soon as there is one.
  private func message(_ fits: @escaping @Sendable (DemoJSON) -> Bool) async throws -> DemoJSON {
    try await until("the bot's message", 20) {
      let page = try await telegram.get("/sim/chats/\(user)/messages?after_version=0&wait=0")
      return page["messages"].list.filter { $0["from"].string == "bot" }.last { fits($0) }
    }
  }

  private func follow(_ id: Int64, until text: String, _ line: String) async throws -> DemoJSON {
    let found = try await until("‘\(text)’ in message \(id)", 45) {
      let page = try await telegram.get("/sim/chats/\(user)/messages?after_version=0&wait=0")
      return page["messages"].list.first { $0["message_id"].int == id && $0["text"].string.contains(text) }
    }
    say(line)
    return found
  }

  private static func button(_ message: DemoJSON, _ prefix: String) -> String {
    for row in message["reply_markup"]["inline_keyboard"].list {
      for button in row.list where button["callback_data"].string.hasPrefix(prefix) {
        return button["callback_data"].string
      }
    }
    return ""
  }

  // MARK: - REST

  func orderOverREST(receiver: String) async throws -> DemoOrder {
    let prices = try await gateway.get("/v1/prices")
    let before = try await gateway.get("/v1/balance")
    say("rest: \(prices["data"].list.count) products, balance \(before["available_sun"].int) sun")
    let body: [String: any Sendable] = [
      "receiver": receiver, "energy": Self.energy, "duration_seconds": Self.seconds,
    ]
    let key = UUID.v7().text
    let (status, order) = try await gateway.call("POST", "/v1/orders", body, ["Idempotency-Key": key])
    let id = order["id"].string
    say("rest: \(status), order \(id) is \(order["status"].string)")
    let (_, again) = try await gateway.call("POST", "/v1/orders", body, ["Idempotency-Key": key])
    guard again["id"].string == id else {
      throw DemoFailure(description: "the same key made a second order: \(id), \(again["id"].string)")
    }
    say("rest: the same request again is the same order")
    _ = try await restOrder(id, "active")
    say("rest: delivered")
    let done = try await restOrder(id, "completed")
    let after = try await gateway.get("/v1/balance")
    guard before["available_sun"].int - after["available_sun"].int == done["price_sun"].int else {
      throw DemoFailure(
        description: "charged \(before["available_sun"].int - after["available_sun"].int), "
          + "priced \(done["price_sun"].int)")
    }
    say("rest: charged once, \(done["price_sun"].int) sun")
    return try await finished(id: id, receiver: receiver, over: "rest") { try await orderOnChain(receiver, id) }
  }

  private func restOrder(_ id: String, _ status: String) async throws -> DemoJSON {
    try await until("order \(id) to be \(status)", 45) {
      let order = try await gateway.get("/v1/orders/\(id)")
      if order["status"].string == "failed" {
        throw DemoFailure(description: "order \(id) failed: \(order["failure"].string)")
      }
      return order["status"].string == status ? order : nil
    }
  }

  // MARK: - The chain

  private struct OnChain: Sendable {
    let delegate: String
    let reclaim: String
  }

  private func orderOnChain(_ receiver: String, _ id: String) async throws -> OnChain {
    try await until("the reclaim of \(id) on chain", 45) {
      let all = try await chain.get("/sim/delegations").list.filter { $0["to"].string == receiver }
      guard let taken = all.last(where: { $0["type"].string.hasPrefix("UnDelegate") }),
        let given = all.last(
          where: { $0["type"].string.hasPrefix("Delegate") && $0["balance"].int == taken["balance"].int })
      else { return nil }
      return OnChain(delegate: given["txid"].string, reclaim: taken["txid"].string)
    }
  }

  private func finished(
    id: String, receiver: String, over: String, _ look: @Sendable () async throws -> OnChain
  ) async throws -> DemoOrder {
    let found = try await look()
    say("\(over): completed; delegated in \(found.delegate.prefix(16))…, taken back in \(found.reclaim.prefix(16))…")
    return DemoOrder(id: id, status: "completed", delegate_txid: found.delegate, reclaim_txid: found.reclaim)
  }

  /// What monitor-svc counted must be what happened.
  func checkBooks(_ orders: [DemoOrder]) async throws {
    let counted = try await until("monitor-svc to count \(orders.count) orders", 15) {
      let count = Self.deliveries(in: try await monitor.text("/metrics"))
      return count >= orders.count ? count : nil
    }
    say("monitor-svc counted \(counted) orders")
  }

  /// How many deliveries the metrics have counted; 0 when they do not say.
  static func deliveries(in metrics: String) -> Int {
    let series = "energy_order_delivery_seconds_count "
    let line = metrics.split(separator: "\n").first { $0.hasPrefix(series) }
    return line.flatMap { Double($0.dropFirst(series.count)) }.flatMap { Int(exactly: $0) } ?? 0
  }

  private func until<T: Sendable>(
    _ what: String, _ seconds: Int, _ look: @Sendable () async throws -> T?
  ) async throws -> T {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while true {
      if let found = try await look() { return found }
      guard clock.now < end else { throw DemoFailure(description: "waited \(seconds) s for \(what)") }
      try await Task.sleep(for: .milliseconds(100))
    }
  }
}
