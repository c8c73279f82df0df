import Contracts
import Foundation
import Testing
import TronKit

@testable import TxSvc

@Suite("An order's case and its wallets' figures")
struct PoolCaseTests {
  /// An order whose leg lies on chain and whose figures show it.
  private func reclaiming() throws -> DelegationCase {
    var delegation = try Samples.planned(wallets: [Samples.wallet(1, trx: 10_000)])
    let leg = delegation.legs[0].id
    let lend = try Samples.transaction(1, leg: leg)
    try delegation.signed(lend)
    try delegation.inBlock(lend.id, block: try Samples.block(5), timeMs: 5_000, result: "SUCCESS")
    try delegation.settle(try Samples.terms())
    try delegation.solid(lend.id, fee: .zero, result: nil, terms: try Samples.terms())
    try delegation.settle(try Samples.terms())
    try delegation.unreserve(0)
    try delegation.end(at: 5_000 + 3_600_000)
    let back = try Samples.transaction(2, leg: leg, .reclaim)
    try delegation.signed(back)
    try delegation.inBlock(back.id, block: try Samples.block(8), timeMs: 8_000, result: "SUCCESS")
    return delegation
  }

  @Test("sun whose reclaim a reorganisation took back is promised to nobody until it is back for good")
  func reclaimReverted() throws {
    var delegation = try reclaiming()
    let back = delegation.transactions[1].id
    let stake = delegation.legs[0].stake
    try delegation.reverted(back)
    #expect(try delegation.wallets[Samples.address(1)]?.reserved == stake)
    #expect(try delegation.wallets[Samples.address(1)]?.delegated == stake)
    try delegation.inBlock(back, block: try Samples.block(8, fork: 1), timeMs: 8_100, result: "SUCCESS")
    try delegation.solid(back, fee: .zero, result: nil, terms: try Samples.terms())
    #expect(try delegation.wallets[Samples.address(1)]?.reserved == .zero)
    #expect(try delegation.wallets[Samples.address(1)]?.delegated == .zero)
  }

  @Test("a reclaim has the wallet read again")
  func reclaimRefreshes() throws {
    var delegation = try reclaiming()
    let address = try Samples.address(1)
    delegation.wallets[address]?.refreshAt = Samples.now.addingTimeInterval(300)
    try delegation.solid(delegation.transactions[1].id, fee: .zero, result: nil, terms: try Samples.terms())
    #expect(delegation.wallets[address]?.refreshAt == Samples.now)
  }

  @Test("sun that came back is offered only once figures show how much of it came back unused")
  func reclaimOffersNothing() throws {
    var delegation = try reclaiming()
    let address = try Samples.address(1)
    // The figures were read while it was lent.
    delegation.wallets[address]?.delegatable = try Sun(trx: 3_000)
    try delegation.solid(delegation.transactions[1].id, fee: .zero, result: nil, terms: try Samples.terms())
    #expect(delegation.legs.map(\.state) == [.reclaimed])
    #expect(try delegation.wallets[address]?.available == Sun(trx: 3_000))
  }

  @Test("a refusal of the chain has all of the wallet's figures read at once")
  func refusalRefreshes() throws {
    let address = try Samples.address(1)
    var wallet = try Samples.wallet(1, trx: 10_000)
    wallet.refreshAt = Samples.now.addingTimeInterval(300)
    wallet.accountAt = Samples.now
    var delegation = try Samples.planned(wallets: [wallet])
    let lend = try Samples.transaction(1, leg: delegation.legs[0].id)
    try delegation.signed(lend)
    try delegation.died(lend.id, note: "", as: .otherWallet, try Samples.terms())
    #expect(delegation.wallets[address]?.refreshAt == Samples.now)
    #expect(delegation.wallets[address]?.accountAt == nil)
  }

  @Test("a replacement leg prefers a wallet that lends to the receiver for nobody else")
  func replacementIsUnshared() throws {
    var delegation = try Samples.planned(wallets: [Samples.wallet(1, trx: 7_000), Samples.wallet(3, trx: 9_000)])
    delegation.wallets[try Samples.address(2)] = try Samples.wallet(2, trx: 8_000)
    delegation.shared = [try Samples.address(2)]
    try delegation.dropPlanned("planned again")
    delegation.wallets[try Samples.address(1)]?.isEnabled = false
    try delegation.settle(try Samples.terms())
    #expect(delegation.legs.last?.supplier == (try Samples.address(3)))
  }
}
