import Contracts
import TestKit
import Testing
import TronKit

@testable import WalletSvc

@Suite("The ledger under random commands")
struct LedgerPropertyTests {
  static let base: UInt64 = 20_260_131

  @Test(
    "keeps its sum at zero, no account below zero, and each order charged or refunded at most once",
    arguments: 0..<20)
  func random(_ round: Int) throws {
    for sequence in 0..<50 {
      let seed = Self.base &+ UInt64(round * 1000 + sequence)
      let model = try run(seed: seed)
      let differences = model.differences
      #expect(differences.isEmpty, "seed \(seed): \(differences)")
      let captured = model.holds.values.filter { $0.state == .captured }.reduce(0) { $0 + $1.captured.value }
      #expect(model.entries[.revenue, default: 0] == captured, "seed \(seed)")
    }
  }

  @Test("the checker catches a lost capture, a double release and an altered entry")
  func checkerCatches() throws {
    let customer = CustomerID(text: "cus_a")
    var sound = LedgerModel()
    try sound.credit(Sun(100), to: customer)
    _ = try sound.apply(.hold(Sun(60)), order: OrderID(text: "ord_1"), customer: customer)
    #expect(sound.differences.isEmpty)

    var lost = sound
    lost.holds[OrderID(text: "ord_1")]?.state = .captured
    #expect(!lost.differences.isEmpty)

    var doubled = sound
    let release = try Posting(.release, .trx, [(.held(customer), .available(customer), 60)])
    try doubled.funds[customer]?.follow(release, customer: customer)
    #expect(!doubled.differences.isEmpty)

    var altered = sound
    altered.entries[.available(customer), default: 0] += 1
    #expect(!altered.differences.isEmpty)
  }

  @Test("a posting that takes from an account what it gives to the same one, a negative amount, or nothing is refused")
  func impossible() {
    #expect(throws: LedgerError.self) { try Posting(.hold, .trx, [(.revenue, .revenue, 1)]) }
    #expect(throws: LedgerError.self) { try Posting(.hold, .trx, [(.revenue, .costs, -1)]) }
    #expect(throws: LedgerError.self) { try Posting(.hold, .trx, [(.revenue, .costs, 0)]) }
    #expect(throws: LedgerError.self) {
      try Posting(.hold, .trx, Array(repeating: (.revenue, .costs, 1), count: Posting.linesMax + 1))
    }
  }

  @Test("a balance beyond 64 bits is refused and changes nothing")
  func overflow() throws {
    let customer = CustomerID(text: "cus_a")
    var funds = CustomerFunds(available: .max - 1)
    let posting = try Posting(.credit, .trx, [(.adjustments, .available(customer), 2)])
    #expect(throws: LedgerError.overflow(account: "customer:cus_a")) { try funds.follow(posting, customer: customer) }
    #expect(funds.available == .max - 1)
  }

  /// Commands with repetitions, in any order, some of them impossible: those throw and leave everything as it was.
  private func run(seed: UInt64) throws -> LedgerModel {
    var random = SeededGenerator(seed: seed)
    var model = LedgerModel()
    let customers = (0..<3).map { CustomerID(text: "cus_\($0)") }
    var answers: [OrderID: HoldRules.Answer] = [:]
    for _ in 0..<100 {
      let number = Int.random(in: 0..<12, using: &random)
      let order = OrderID(text: "ord_\(number)")
      let customer = customers[number % 3]
      let before = (model.funds, model.holds, model.entries)
      do {
        switch Int.random(in: 0..<6, using: &random) {
        case 0: try model.credit(Sun(.random(in: 1...50, using: &random)), to: customer)
        case 1, 2, 3:
          let answer = try model.apply(.hold(Sun(Int64(number + 1) * 7)), order: order, customer: customer)
          let first = answers[order] ?? answer
          #expect(first.isSameAnswer(as: answer), "seed \(seed)")
          answers[order] = first
        case 4: _ = try model.apply(.release, order: order, customer: customer)
        default:
          let amount = Sun(.random(in: -1...80, using: &random))
          _ = try model.apply(.capture(amount), order: order, customer: customer)
        }
      } catch is LedgerError {
        #expect((model.funds, model.holds, model.entries) == before, "seed \(seed)")
      }
    }
    return model
  }
}
