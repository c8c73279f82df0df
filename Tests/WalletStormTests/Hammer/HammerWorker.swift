import BusKit
import Contracts
import TestKit
import TronKit

/// Sends commands about orders of its own on accounts that everybody shares, and remembers what it was answered.
struct HammerWorker {
  /// What the answers say has happened.
  struct Tally: Sendable {
    var commands = 0
    var answers: [String: Int] = [:]
    var credited: Int64 = 0
    var captured: Int64 = 0
    var mistakes: [String] = []

    mutating func add(_ other: Tally) {
      commands += other.commands
      answers.merge(other.answers, uniquingKeysWith: +)
      credited += other.credited
      captured += other.captured
      mistakes += other.mistakes
    }
  }

  let client: BusClient
  let customers: [CustomerID]
  var random: SeededGenerator
  private(set) var tally = Tally()

  init(client: BusClient, customers: [CustomerID], seed: UInt64) {
    self.client = client
    self.customers = customers
    random = SeededGenerator(seed: seed)
  }

  mutating func work(until deadline: ContinuousClock.Instant) async throws {
    while ContinuousClock.now < deadline, let customer = customers.randomElement(using: &random) {
      try await order(of: customer)
    }
  }

  private mutating func order(of customer: CustomerID) async throws {
    let order = OrderID.make()
    let amount = Int64.random(in: 1...60, using: &random)
    let hold = HoldFunds(order: order, customer: customer, amount: Sun(amount))
    switch try await send(hold) {
    case "held": break
    case "insufficient_balance": return try await credit(customer)
    case let code: return wrong("a first hold was answered \(code)")
    }
    let part = Int64.random(in: 1...amount, using: &random)
    let capture = CaptureHold(order: order, customer: customer, amount: Sun(part))
    let release = ReleaseHold(order: order, customer: customer)
    switch Int.random(in: 0..<6, using: &random) {
    case 0, 1: try await expect([["captured"]], [capture], captures: part)
    case 2: try await expect([["released"]], [release], captures: part)
    case 3: try await expect([["already_captured", "captured"]], [capture, capture], captures: part)
    case 4: try await expect([["exists"]], [hold], captures: 0)
    default:
      // One of the two comes first, and the other cannot be any more.
      let ends = [["already_captured", "captured"], ["already_released", "released"]]
      try await expect(ends, [capture, release], captures: part)
    }
  }

  private mutating func credit(_ customer: CustomerID) async throws {
    let amount = Int64.random(in: 100...900, using: &random)
    let action = OperatorAction(actor: "test", reason: "test", key: OrderID.make().text)
    let code = try await send(CreditAccount(customer: customer, amount: Sun(amount), action: action))
    guard code == "done" else { return wrong("a credit was answered \(code)") }
    tally.credited += amount
  }

  /// Sends at the same moment; together the answers are one of these.
  private mutating func expect(
    _ outcomes: [[String]], _ messages: [any Message], captures amount: Int64
  ) async throws {
    let client = client
    let codes = try await withThrowingTaskGroup(of: String.self) { group in
      for message in messages { group.addTask { try await Self.answer(to: message, client) } }
      return try await group.reduce(into: []) { $0.append($1) }.sorted()
    }
    for code in codes { note(code) }
    guard outcomes.contains(codes) else {
      return wrong("\(messages.map { type(of: $0).messageType }) were answered \(codes), right is one of \(outcomes)")
    }
    if codes.contains("captured") { tally.captured += amount }
  }

  private mutating func send(_ message: any Message) async throws -> String {
    let code = try await Self.answer(to: message, client)
    note(code)
    return code
  }

  private static func answer(to message: some Message, _ client: BusClient) async throws -> String {
    try await client.command(message, answer: CommandResult.self, within: .seconds(30))?.code ?? "no answer"
  }

  private mutating func note(_ code: String) {
    tally.commands += 1
    tally.answers[code, default: 0] += 1
  }

  private mutating func wrong(_ text: String) { tally.mistakes.append(text) }
}
