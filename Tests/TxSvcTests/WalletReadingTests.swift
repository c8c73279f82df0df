import BusKit
import Contracts
import Foundation
import HTTPClient
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("The reading of a wallet's figures")
struct WalletReadingTests {
  /// Makes the wallets due and lets the clock look, as often as asked.
  private func tick(_ world: PoolWorld, times: Int = 1) async throws {
    for _ in 0..<times {
      try await world.bus.transaction(needs: [.all(SupplierWallet.self)]) { unit in
        for var wallet in try unit.all(SupplierWallet.self) {
          wallet.refreshAt = unit.now
          try unit.save(wallet)
        }
        try PoolTicks.refresh(unit, every: .seconds(300))
      }
    }
  }

  @Test("is started once while the nodes hang, however often it is wanted")
  func hanging() async throws {
    let silent = try StubHTTPServer { _ in .silence }
    let http = HTTPClient()
    let pool = TronNodePool(nodes: [TronNodeClient(baseURL: silent.url, http: http)])
    try await PoolWorld.run(change: {
      $0 = TxEnvironment(nodes: pool, signer: $0.signer, sealing: $0.sealing, orderKey: $0.orderKey)
    }) { world in
      try await world.stock([try world.wallet(trx: 20_000)])
      try await tick(world, times: 10)
      let waiting = try await world.bus.read { session in
        try session.execute("select 1 from effects where kind = $1", [.text(RefreshWallet.kind)]).rows.count
      }
      #expect(waiting == 1)
    }
    silent.stop()
    await http.close()
  }

  @Test("may be started again when it has ended, or when it was lost")
  func ended() async throws {
    try await PoolWorld.run { world in
      let wallet = try world.wallet(trx: 20_000)
      world.chain.set { $0.delegatable[wallet.address.base58] = 7_000_000 }
      try await world.stock([wallet])
      try await tick(world)
      try await eventually(within: .seconds(20)) {
        try await world.rows(SupplierWallet.self).first?.delegatable == Sun(7_000_000)
      }
      #expect(try await world.rows(SupplierWallet.self).map(\.refreshStartedAt) == [nil])
    }
    var lost = try Samples.wallet(1, trx: 1)
    lost.refreshStartedAt = Samples.now
    #expect(lost.isBeingRead(at: Samples.now.addingTimeInterval(SupplierWallet.readingMax - 1)))
    #expect(!lost.isBeingRead(at: Samples.now.addingTimeInterval(SupplierWallet.readingMax)))
  }

  @Test("is written, and not compared, where a wallet has more live legs than can be compared")
  func many() async throws {
    try await PoolWorld.run(change: { $0.comparedLegsMax = 1 }) { world in
      let wallet = try world.wallet(trx: 20_000)
      let receiver = try Samples.address(0xaa)
      try await world.stock([wallet])
      try await world.bus.transaction { unit in
        for number in 1...2 {
          let message = PoolWorld.message(number, to: receiver, at: unit.now)
          try unit.save(Delegation(message, correlation: "", now: unit.now))
          try unit.save(
            Leg(
              id: "\(message.order)/1", orderID: message.order, supplier: wallet.address, energy: Energy(1),
              stake: Sun(1_000_000), state: .signed, reservedBy: nil, isCounted: false, lentTo: receiver))
        }
      }
      world.chain.set { chain in
        chain.delegatable[wallet.address.base58] = 7_000_000
        // More than any row allows.
        chain.lent["\(wallet.address)/\(receiver)"] = 9_000_000
      }
      try await tick(world)
      try await eventually(within: .seconds(20)) {
        try await world.rows(SupplierWallet.self).first?.delegatable == Sun(7_000_000)
      }
      #expect(try await world.rows(SupplierWallet.self).first?.delegatedOnChain == Sun(9_000_000))
      #expect(world.bus.metrics.render().contains("energy_tx_ledgers_not_compared_total 1"))
      let started = try await world.bus.read {
        try $0.execute("select 1 from effects where kind = $1", [.text(CheckLedger.kind)]).rows.count
      }
      #expect(started == 0)
      #expect(try await world.rows(LedgerDifference.self).isEmpty)
    }
  }

  @Test("is put off for ten seconds when no node answers")
  func unanswered() async throws {
    let broken = try StubHTTPServer { _ in .hangUp }
    let http = HTTPClient()
    let pool = TronNodePool(nodes: [TronNodeClient(baseURL: broken.url, http: http)])
    try await PoolWorld.run(change: {
      $0 = TxEnvironment(nodes: pool, signer: $0.signer, sealing: $0.sealing, orderKey: $0.orderKey)
    }) { world in
      try await world.stock([try world.wallet(trx: 20_000)])
      try await tick(world)
      try await eventually(within: .seconds(20)) {
        try await world.rows(SupplierWallet.self).map(\.refreshStartedAt) == [nil]
      }
      let wallet = try #require(try await world.rows(SupplierWallet.self).first)
      let now = try await world.bus.transaction { $0.now }
      #expect(wallet.refreshAt > now)
      #expect(wallet.refreshAt < now.addingTimeInterval(11))
    }
    broken.stop()
    await http.close()
  }
}
