import BusKit
import Contracts
import Foundation
import HTTPClient
import Postgres
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("A reclaim that died")
struct ReclaimAgainTests {
  private static let stake = Sun(5_000_000)

  /// An order whose leg lies on chain, `dead` reclaims of which were settled as dead.
  private static func lend(
    _ number: Int, from wallet: SupplierWallet, _ state: DelegationState, dead: Int, _ unit: UnitOfWork
  ) throws -> ReclaimLeg {
    let receiver = try Samples.address(0xaa)
    let message = PoolWorld.message(number, to: receiver, at: unit.now)
    var delegation = Delegation(message, correlation: "", now: unit.now)
    delegation.state = state
    delegation.durationSeconds = 600
    delegation.startedAtMs = 1_000_000
    delegation.endsAtMs = state == .reclaiming ? 1_600_000 : nil
    try unit.save(delegation)
    let leg = Leg(
      id: "\(message.order)/1", orderID: message.order, supplier: wallet.address, energy: Energy(1), stake: stake,
      state: .solid, reservedBy: nil, isCounted: true, lentTo: receiver, blockNumber: 300, blockTimeMs: 1_000_000)
    try unit.save(leg)
    for index in 0..<dead {
      try unit.save(
        StoredTransaction(
          id: try reclaim(number, index), orderID: message.order, legID: leg.id, purpose: .reclaim, bytes: [1],
          expirationMs: 2_000_000, signedAt: unit.now, state: .dead))
    }
    return ReclaimLeg(legID: leg.id, order: message.order)
  }

  private static func reclaim(_ order: Int, _ index: Int) throws -> TransactionID {
    try TransactionID(bytes: [UInt8](repeating: UInt8(16 * order + index), count: 32))
  }

  private func wallet(_ world: PoolWorld, legs: Int64) async throws -> SupplierWallet {
    var wallet = try world.wallet(trx: 20_000)
    wallet.delegated = Sun(Self.stake.value * legs)
    try await world.stock([wallet])
    return wallet
  }

  private func lent(_ wallet: SupplierWallet, legs: Int64) throws -> @Sendable (inout StubChain.State) -> Void {
    let pair = "\(wallet.address)/\(try Samples.address(0xaa))"
    return { $0.lent[pair] = Self.stake.value * legs }
  }

  private func legs(_ world: PoolWorld) async throws -> [LegState] { try await world.rows(Leg.self).map(\.state) }

  /// Signed, and not settled as dead.
  private func signed(_ world: PoolWorld) async throws -> Int {
    try await world.rows(StoredTransaction.self).count { $0.state != .dead }
  }

  @Test("what an operator starts again acts at once, also after nine reclaims that died, and signs one only")
  func byHand() async throws {
    try await PoolWorld.run { world in
      let wallet = try await wallet(world, legs: 1)
      world.chain.set(try lent(wallet, legs: 1))
      let effect = try await world.bus.transaction { unit in
        let effect = try Self.lend(1, from: wallet, .reclaiming, dead: 9, unit)
        try unit.start(effect, at: unit.now.addingTimeInterval(300))
        return effect
      }
      let (first, second, work) = try await world.client { client in
        let retry = { (key: String) in
          RetryDelegation(order: effect.order, action: OperatorAction(actor: "ann", reason: "stuck", key: key))
        }
        let first = try await client.command(retry("k-1"), answer: CommandResult.self)
        let second = try await client.command(retry("k-2"), answer: CommandResult.self)
        try await eventually(within: .seconds(20)) { try await legs(world) == [.reclaiming] }
        return (first, second, try await client.ask(GetDelegation(order: effect.order)).work.map(\.kind))
      }
      #expect(first?.code == "done" && second?.code == "done")
      #expect(work.contains("tx.send"))
      #expect(try await signed(world) == 1)
    }
  }
}
