import BusKit
import Contracts
import Foundation
import Testing
import TronKit

@testable import TxSvc

struct DelegationCaseTests {
  /// One wallet with room for one order, its transaction signed.
  private func signed(wallets: [SupplierWallet]? = nil, energy: Int64 = 65_000) throws -> DelegationCase {
    var delegation = try Samples.planned(energy: energy, wallets: try wallets ?? [Samples.wallet(1, trx: 10_000)])
    for (index, leg) in delegation.legs.enumerated() {
      try delegation.signed(try Samples.transaction(UInt8(index + 1), leg: leg.id))
    }
    delegation.submitted()
    return delegation
  }

  private func final() throws -> DelegationCase {
    var delegation = try signed()
    let id = delegation.transactions[0].id
    try delegation.inBlock(id, block: try Samples.block(5), timeMs: 5_000, result: "SUCCESS")
    try delegation.settle(try Samples.terms())
    try delegation.solid(id, fee: .zero, result: nil, terms: try Samples.terms())
    try delegation.settle(try Samples.terms())
    return delegation
  }

  @Test("planning reserves exactly the legs' sun, once")
  func reserves() throws {
    let delegation = try Samples.planned(wallets: [Samples.wallet(1, trx: 10_000)])
    #expect(delegation.legs.map(\.state) == [.planned])
    #expect(try delegation.wallets[Samples.address(1)]?.reserved == Sun(6_565_000_000))
    #expect(delegation.actions == [.prepare])
  }

  @Test("an empty pool fails the order at once and reserves nothing")
  func poolEmpty() throws {
    let delegation = try Samples.planned(wallets: [Samples.wallet(1, trx: 100)])
    #expect(delegation.delegation.state == .failed)
    #expect(delegation.delegation.failure == .poolEmpty)
    #expect(delegation.news == [.failed])
    #expect(try delegation.wallets[Samples.address(1)]?.reserved == .zero)
  }

  @Test("a wallet is never asked to lend to itself, nor one without bandwidth or set aside")
  func unusableWallets() throws {
    var poor = try Samples.wallet(1, trx: 10_000)
    poor.bandwidth = 100
    var avoided = try Samples.wallet(2, trx: 10_000)
    avoided.avoidUntil = Samples.now.addingTimeInterval(1)
    var disabled = try Samples.wallet(3, trx: 10_000)
    disabled.isEnabled = false
    let delegation = try Samples.planned(wallets: [poor, avoided, disabled])
    #expect(delegation.delegation.failure == .poolEmpty)
  }

  @Test("a leg in a block confirms the order from that block's time; solid makes it final")
  func delivered() throws {
    let delegation = try final()
    #expect(delegation.news == [.submitted, .confirmed, .final])
    #expect(delegation.delegation.startedAtMs == 5_000)
    #expect(delegation.delegation.seq == 3)
    #expect(delegation.deliveredEnergy == Energy(65_000))
    #expect(try delegation.wallets[Samples.address(1)]?.delegated == Sun(6_565_000_000))
  }

  @Test("two legs confirm together, from the later block")
  func twoLegs() throws {
    var delegation = try signed(
      wallets: [Samples.wallet(1, trx: 6_000), Samples.wallet(2, trx: 6_000)], energy: 100_000)
    #expect(delegation.legs.count == 2)
    try delegation.inBlock(delegation.transactions[0].id, block: try Samples.block(7), timeMs: 7_000, result: "SUCCESS")
    try delegation.settle(try Samples.terms())
    #expect(delegation.news == [.submitted])
    try delegation.inBlock(delegation.transactions[1].id, block: try Samples.block(6), timeMs: 6_000, result: "SUCCESS")
    try delegation.settle(try Samples.terms())
    #expect(delegation.news == [.submitted, .confirmed])
    #expect(delegation.delegation.startedAtMs == 7_000)
  }

  @Test("a reorganisation takes a confirmation back and sends the same bytes again")
  func reverted() throws {
    var delegation = try signed()
    let id = delegation.transactions[0].id
    try delegation.inBlock(id, block: try Samples.block(5), timeMs: 5_000, result: "SUCCESS")
    try delegation.settle(try Samples.terms())
    try delegation.reverted(id)
    try delegation.settle(try Samples.terms(at: 1_000))
    #expect(delegation.news == [.submitted, .confirmed, .reverted])
    #expect(delegation.actions.contains(.send(txID: id.hex)))
    #expect(delegation.transactions.count == 1)
    #expect(try delegation.wallets[Samples.address(1)]?.delegated == .zero)
    #expect(try delegation.wallets[Samples.address(1)]?.reserved == Sun(6_565_000_000))
    try delegation.inBlock(id, block: try Samples.block(5, fork: 1), timeMs: 5_100, result: "SUCCESS")
    try delegation.settle(try Samples.terms(at: 1_000))
    #expect(delegation.news.last == .confirmed)
  }

  @Test("a refused leg goes to another wallet, and the refusing one is avoided")
  func otherWallet() throws {
    var delegation = try signed(wallets: [Samples.wallet(1, trx: 8_000), Samples.wallet(2, trx: 9_000)])
    let terms = try Samples.terms()
    try delegation.died(delegation.transactions[0].id, note: "", as: .otherWallet, terms)
    try delegation.settle(terms)
    #expect(delegation.legs.map(\.state) == [.dead, .planned])
    #expect(delegation.legs.map(\.supplier) == [try Samples.address(1), try Samples.address(2)])
    #expect(try delegation.wallets[Samples.address(1)]?.reserved == .zero)
    #expect(delegation.news == [.submitted])
  }

  @Test("when the rest cannot be delivered, what was delivered is taken back before the failure is told")
  func partialFailure() throws {
    var delegation = try signed(
      wallets: [Samples.wallet(1, trx: 6_000), Samples.wallet(2, trx: 6_000)], energy: 100_000)
    let terms = try Samples.terms()
    let (first, second) = (delegation.transactions[0].id, delegation.transactions[1].id)
    try delegation.inBlock(first, block: try Samples.block(5), timeMs: 5_000, result: "SUCCESS")
    try delegation.settle(terms)
    try delegation.died(second, note: "", as: .fails(.chainRefused), terms)
    try delegation.settle(terms)
    #expect(delegation.delegation.state == .failing)
    #expect(delegation.news == [.submitted])
    try delegation.solid(first, fee: Sun(10), result: nil, terms: terms)
    try delegation.settle(terms)
    #expect(delegation.actions.contains(.reclaim(legID: delegation.legs[0].id, after: .zero)))
    let reclaim = try Samples.transaction(9, leg: delegation.legs[0].id, .reclaim)
    try delegation.signed(reclaim)
    try delegation.inBlock(reclaim.id, block: try Samples.block(8), timeMs: 8_000, result: "SUCCESS")
    try delegation.settle(terms)
    #expect(delegation.news == [.submitted])
    try delegation.solid(reclaim.id, fee: Sun(5), result: nil, terms: terms)
    try delegation.settle(terms)
    #expect(delegation.news == [.submitted, .failed])
    #expect(delegation.delegation.failure == .chainRefused)
    #expect(delegation.wallets.values.allSatisfy { $0.reserved == .zero && $0.delegated == .zero })
  }

  @Test("a withdrawal before anything was sent fails the order and gives the sun back")
  func withdrawnUnsent() throws {
    var delegation = try signed()
    let terms = try Samples.terms()
    try delegation.withdraw(unsent: [delegation.transactions[0].id], terms)
    try delegation.settle(terms)
    #expect(delegation.transactions[0].state == .dead)
    #expect(delegation.delegation.failure == .cancelledByCustomer)
    #expect(delegation.news == [.submitted, .failed])
    #expect(try delegation.wallets[Samples.address(1)]?.reserved == .zero)
  }

  @Test("a withdrawal of what may be on chain waits for the chain, and delivers when it is too late")
  func withdrawnLate() throws {
    var delegation = try signed()
    let terms = try Samples.terms()
    try delegation.withdraw(unsent: [], terms)
    try delegation.settle(terms)
    #expect(delegation.news == [.submitted])
    try delegation.inBlock(
      delegation.transactions[0].id, block: try Samples.block(5), timeMs: 5_000, result: "SUCCESS")
    try delegation.settle(terms)
    #expect(delegation.news == [.submitted, .confirmed])
  }

  @Test("after the deadline a leg that died is not replaced")
  func deadline() throws {
    var delegation = try signed()
    let late = try Samples.terms(at: 61)
    try delegation.died(delegation.transactions[0].id, note: "", as: .buildAnew, late)
    try delegation.settle(late)
    #expect(delegation.delegation.failure == .deadline)
    #expect(delegation.news == [.submitted, .failed])
  }

  @Test("a transaction without effect is dead only once its block is solid")
  func withoutEffect() throws {
    var delegation = try signed()
    let terms = try Samples.terms()
    let id = delegation.transactions[0].id
    try delegation.inBlock(id, block: try Samples.block(5), timeMs: 5_000, result: "OUT_OF_TIME")
    try delegation.settle(terms)
    #expect(delegation.news == [.submitted])
    try delegation.solid(id, fee: .zero, result: "FAILED", terms: terms)
    try delegation.settle(terms)
    #expect(delegation.transactions[0].state == .dead)
    #expect(delegation.news == [.submitted, .failed])
  }

  @Test("where the block does not say, its receipt decides once it is solid")
  func unsaid() throws {
    let terms = try Samples.terms()
    for (receipt, news) in [(nil, [.submitted, .confirmed, .final]), ("FAILED", [.submitted, .failed])]
      as [(String?, [DelegationAction.News])]
    {
      var delegation = try signed()
      let id = delegation.transactions[0].id
      try delegation.inBlock(id, block: try Samples.block(5), timeMs: 5_000, result: ChainTransaction.unsaidResult)
      try delegation.settle(terms)
      #expect(delegation.legs[0].state == .signed)
      try delegation.solid(id, fee: .zero, result: receipt, terms: terms)
      try delegation.settle(terms)
      #expect(delegation.news == news)
    }
  }

  @Test("where block and receipt contradict each other nothing is decided", arguments: ["SUCCESS", "OUT_OF_TIME"])
  func contradiction(said: String) throws {
    var delegation = try signed()
    let id = delegation.transactions[0].id
    try delegation.inBlock(id, block: try Samples.block(5), timeMs: 5_000, result: said)
    let before = delegation
    #expect(throws: TransientFailure.self) {
      try delegation.solid(
        id, fee: Sun(1), result: said == "SUCCESS" ? "FAILED" : nil, terms: try Samples.terms())
    }
    #expect(delegation.transactions == before.transactions)
    #expect(delegation.legs == before.legs)
    #expect(delegation.delegation.cost == .zero)
  }

  @Test("the end starts a reclaim of every leg; solid reclaims end the order with its cost")
  func reclaimed() throws {
    var delegation = try final()
    try delegation.end(at: 5_000 + 3_600_000, after: .seconds(7))
    let leg = delegation.legs[0].id
    #expect(delegation.actions.contains(.reclaim(legID: leg, after: .seconds(7))))
    let reclaim = try Samples.transaction(9, leg: leg, .reclaim)
    try delegation.signed(reclaim)
    try delegation.inBlock(reclaim.id, block: try Samples.block(9), timeMs: 9_000, result: "SUCCESS")
    try delegation.solid(reclaim.id, fee: Sun(280_000), result: nil, terms: try Samples.terms())
    try delegation.settle(try Samples.terms())
    #expect(delegation.news.last == .reclaimed)
    #expect(delegation.delegation.cost == Sun(280_000))
    #expect(delegation.wallets.values.allSatisfy { $0.reserved == .zero && $0.delegated == .zero })
  }

  @Test("what was delivered stays the same while one leg is taken back and another is not yet")
  func halfReclaimed() throws {
    var delegation = try signed(
      wallets: [Samples.wallet(1, trx: 6_000), Samples.wallet(2, trx: 6_000)], energy: 100_000)
    for transaction in delegation.transactions {
      try delegation.inBlock(transaction.id, block: try Samples.block(5), timeMs: 5_000, result: "SUCCESS")
      try delegation.solid(transaction.id, fee: .zero, result: nil, terms: try Samples.terms())
    }
    try delegation.settle(try Samples.terms())
    try #require(delegation.news.last == .final)
    try delegation.end(at: 5_000 + 3_600_000)
    let delivered = delegation.deliveredEnergy
    let reclaim = try Samples.transaction(9, leg: delegation.legs[0].id, .reclaim)
    try delegation.signed(reclaim)
    try delegation.inBlock(reclaim.id, block: try Samples.block(9), timeMs: 9_000, result: "SUCCESS")
    try delegation.solid(reclaim.id, fee: .zero, result: nil, terms: try Samples.terms())
    try delegation.settle(try Samples.terms())
    #expect(delegation.legs.map(\.state) == [.reclaimed, .solid])
    #expect(delegation.deliveredEnergy == delivered && delivered >= Energy(100_000))
    #expect(delegation.toldLegs.count == 2)
  }

  @Test("an end that cuts the customer's time short is refused")
  func tooEarly() throws {
    var delegation = try final()
    #expect(throws: InvariantViolation.self) { try delegation.end(at: 5_000 + 3_599_999) }
  }

  @Test("a reclaim that died is tried again, later each time")
  func reclaimRetried() throws {
    var delegation = try final()
    try delegation.end(at: 5_000 + 3_600_000)
    let leg = delegation.legs[0].id
    for number in 1...3 {
      let reclaim = try Samples.transaction(UInt8(20 + number), leg: leg, .reclaim)
      try delegation.signed(reclaim)
      try delegation.died(reclaim.id, note: "", as: .otherWallet, try Samples.terms())
      try delegation.settle(try Samples.terms())
      #expect(delegation.actions.last == .reclaim(legID: leg, after: .seconds(1 << number)))
      #expect(delegation.legs[0].state == .solid)
    }
  }

  @Test("nothing is signed for a leg that has a transaction that may take effect")
  func onePerLeg() throws {
    var delegation = try signed()
    let another = try Samples.transaction(7, leg: delegation.legs[0].id)
    #expect(throws: InvariantViolation.self) { try delegation.signed(another) }
  }

  @Test("a transaction that was settled as dead cannot come back by a block")
  func deadStaysDead() throws {
    var delegation = try signed()
    let id = delegation.transactions[0].id
    try delegation.died(id, note: "", as: .buildAnew, try Samples.terms())
    #expect(throws: InvariantViolation.self) {
      try delegation.inBlock(id, block: try Samples.block(5), timeMs: 5_000, result: "SUCCESS")
    }
  }
}
