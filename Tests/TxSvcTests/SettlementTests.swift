import BusKit
import Contracts
import Foundation
import Postgres
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("Settling by hand")
struct SettlementTests {
  // MARK: - Starting again

  @Test("starts each leg's work from where it stands, and nothing that is not due")
  func startsAgain() throws {
    var planned = try Samples.planned(wallets: [try Samples.wallet(1, trx: 10_000)])
    planned = DelegationCase(delegation: planned.delegation, legs: planned.legs, wallets: planned.wallets)
    #expect(planned.startAgain() == ["leg 1 is checked and signed"])
    #expect(planned.actions == [.prepare])

    let transaction = try Samples.transaction(7, leg: planned.legs[0].id)
    var signed = planned
    try signed.signed(transaction)
    signed = DelegationCase(
      delegation: signed.delegation, legs: signed.legs, transactions: signed.transactions, wallets: signed.wallets)
    _ = signed.startAgain()
    #expect(signed.actions == [.send(txID: transaction.id.hex)])

    var final = signed
    let terms = try Samples.terms()
    try final.inBlock(transaction.id, block: try Samples.block(9), timeMs: 5_000, result: "SUCCESS")
    try final.settle(terms)
    try final.solid(transaction.id, fee: .zero, result: nil, terms: terms)
    try final.settle(terms)
    final = DelegationCase(
      delegation: final.delegation, legs: final.legs, transactions: final.transactions, wallets: final.wallets)
    #expect(final.delegation.state == .final)
    #expect(final.startAgain() == [], "its time has not come")
    final.delegation.state = .reclaiming
    #expect(final.startAgain().count == 1)
    #expect(final.actions == [.reclaimByHand(legID: final.legs[0].id)])
  }

  // MARK: - Against a chain

  private static let order = Samples.order
  private static let leg = "\(Samples.order)/1"
  private static let stake = Sun(7_000_000)
  private static let expirationMs: Int64 = 2_000_000

  /// Rows of an order with one leg, as the service would have left them.
  private func stock(_ world: OperatorWorld, _ state: LegState, _ delegation: DelegationState) async throws
    -> (delegate: TransactionID, reclaim: TransactionID)
  {
    let isOnChain = state.isOnChain
    try await world.wallet(
      try KeyRing(text: FernetTests.key), key: world.key, reserved: isOnChain ? .zero : Self.stake,
      delegated: isOnChain ? Self.stake : .zero)
    let delegate = try Samples.transaction(1, leg: Self.leg)
    let reclaim = try Samples.transaction(2, leg: Self.leg, .reclaim)
    let supplier = world.key.address
    var row = Delegation(try Samples.message(deadline: 1e9), correlation: "", now: Samples.now)
    row.state = delegation
    row.startedAtMs = isOnChain ? 1_000_000 : nil
    row.endsAtMs = delegation == .reclaiming ? 4_600_000 : nil
    let settled = row
    try await world.bus.transaction { unit in
      try unit.save(settled)
      try unit.save(
        Leg(
          id: Self.leg, orderID: Self.order, supplier: supplier, energy: Energy(65_000), stake: Self.stake,
          state: state, reservedBy: isOnChain ? nil : supplier, isCounted: isOnChain, txID: delegate.id,
          reclaimTxID: state == .reclaiming ? reclaim.id : nil, blockNumber: isOnChain ? 9 : nil,
          blockTimeMs: isOnChain ? 1_000_000 : nil))
      try unit.save(transaction(delegate, isOnChain ? .solid : .signed))
      if state == .reclaiming { try unit.save(transaction(reclaim, .signed)) }
    }
    return (delegate.id, reclaim.id)
  }

  private func transaction(_ sample: StoredTransaction, _ state: StoredTransaction.State) -> StoredTransaction {
    StoredTransaction(
      id: sample.id, orderID: sample.orderID, legID: sample.legID, purpose: sample.purpose, bytes: [1],
      expirationMs: Self.expirationMs, signedAt: Samples.now, state: state)
  }

  private func block(_ number: UInt8, at timeMs: Int64) throws -> String {
    let parent = try Samples.block(number - 1).hex
    return """
      {"blockID":"\(try Samples.block(number).hex)","block_header":{"raw_data":{"number":\(number),\
      "timestamp":\(timeMs),"parentHash":"\(parent)"}}}
      """
  }

  /// A node whose solid block is past the transactions' expiration, or not.
  private func solidHead(_ world: OperatorWorld, isPast: Bool) throws {
    world.node["/walletsolidity/getblock"] = try block(20, at: Self.expirationMs + (isPast ? 1 : -1))
    world.node["/wallet/getblock"] = try block(30, at: Self.expirationMs + 30_000)
  }

  private func settle(
    _ world: OperatorWorld, _ verdict: SettleLeg.Verdict, _ key: String, leg: Int = 1,
    _ transaction: TransactionID? = nil
  ) async throws -> CommandResult? {
    try await world.apply(
      SettleLeg(
        order: Self.order, leg: leg, verdict: verdict, transaction: transaction, action: world.action(key)))
  }

  private func found(_ world: OperatorWorld) async throws -> DelegationView {
    try await world.client.ask(GetDelegation(order: Self.order))
  }

  @Test("a leg that was never delivered is dead only once the solid chain is past its expiration and does not have it")
  func neverDelivered() async throws {
    try await OperatorWorld.run { world in
      let id = try await stock(world, .signed, .submitted).delegate
      try solidHead(world, isPast: false)
      #expect(try await settle(world, .neverDelivered, "early")?.code == "not_settled")
      #expect(try await settle(world, .reclaimedElsewhere, "other")?.code == "not_open")
      #expect(try await settle(world, .neverDelivered, "leg", leg: 2)?.code == "not_found")
      try solidHead(world, isPast: true)
      #expect(try await settle(world, .delivered, "wrong")?.code == "chain_disagrees")
      #expect(
        try await settle(world, .neverDelivered, "named", try Samples.transaction(9, leg: "").id)?.code
          == "other_transaction")
      let done = try await settle(world, .neverDelivered, "done", id)
      #expect(done?.code == "done", "\(String(describing: done))")
      #expect(try await settle(world, .neverDelivered, "done", id) == done)
      let view = try await found(world)
      #expect(view.legs.first?.state == "dead")
      #expect(view.transactions.map(\.state) == ["dead"])
      #expect(try await world.wallets().map(\.reserved) == [.zero])
      #expect(try await world.audited().last == "tx.SettleLeg done")
    }
  }

  @Test("a leg that was delivered unnoticed is final once a solid block shows it, and not before")
  func delivered() async throws {
    try await OperatorWorld.run { world in
      let id = try await stock(world, .signed, .submitted).delegate
      try solidHead(world, isPast: false)
      let info = #"{"id":"\#(id.hex)","fee":345000,"blockNumber":12,"blockTimeStamp":1500000,"receipt":{}"#
      world.node["/walletsolidity/getblockbynum"] = try block(12, at: 1_500_000)
      world.node["/walletsolidity/gettransactioninfobyid"] = info + #","result":"FAILED"}"#
      #expect(try await settle(world, .delivered, "failed")?.code == "chain_disagrees")
      world.node["/walletsolidity/gettransactioninfobyid"] = info + "}"
      #expect(try await settle(world, .neverDelivered, "wrong")?.code == "chain_disagrees")
      let done = try await settle(world, .delivered, "done")
      #expect(done?.code == "done", "\(String(describing: done))")
      let view = try await found(world)
      #expect(view.state == "final")
      #expect(view.legs.map(\.state) == ["solid"])
      #expect(view.cost == Sun(345_000))
      #expect(try await world.wallets().map(\.delegated) == [Self.stake])
    }
  }

  @Test("a leg was taken back elsewhere only when the solid chain lends no more than the other legs account for")
  func reclaimedElsewhere() async throws {
    try await OperatorWorld.run { world in
      _ = try await stock(world, .solid, .final)
      try solidHead(world, isPast: true)
      let lent = #"{"delegatedResource":[{"frozen_balance_for_energy":\#(Self.stake.value)}]}"#
      world.node["/walletsolidity/getdelegatedresourcev2"] = lent
      let refused = try await settle(world, .reclaimedElsewhere, "lent")
      #expect(refused?.code == "chain_disagrees")
      #expect(refused?.detail.contains("7000000") == true)
      world.node["/walletsolidity/getdelegatedresourcev2"] = "{}"
      #expect(
        try await settle(world, .reclaimedElsewhere, "named", try Samples.transaction(9, leg: "").id)?.code
          == "chain_disagrees")
      world.node["/walletsolidity/getblock"] = try block(8, at: 1)
      #expect(try await settle(world, .reclaimedElsewhere, "lags")?.code == "not_settled")
      try solidHead(world, isPast: true)
      let done = try await settle(world, .reclaimedElsewhere, "done")
      #expect(done?.code == "done", "\(String(describing: done))")
      #expect(try await found(world).legs.map(\.state) == ["reclaimed"])
      #expect(try await world.wallets().map(\.delegated) == [.zero])
    }
  }

  @Test("a reclaim of ours that may still take effect is waited for; one that has expired gives way to the chain")
  func reclaimOnItsWay() async throws {
    try await OperatorWorld.run { world in
      _ = try await stock(world, .reclaiming, .reclaiming)
      try solidHead(world, isPast: false)
      #expect(try await settle(world, .reclaimedElsewhere, "early")?.code == "not_settled")
      try solidHead(world, isPast: true)
      let done = try await settle(world, .reclaimedElsewhere, "done")
      #expect(done?.code == "done", "\(String(describing: done))")
      let view = try await found(world)
      #expect(view.state == "reclaimed")
      #expect(Set(view.transactions.map(\.state)) == ["solid", "dead"])
    }
  }

  @Test("an order's work is started again on request, and an unknown order is refused")
  func retry() async throws {
    try await OperatorWorld.run { world in
      let id = try await stock(world, .signed, .submitted).delegate
      let unknown = OrderID(text: "ord_ffffffffffffffffffffffffffffffff")
      #expect(
        try await world.apply(RetryDelegation(order: unknown, action: world.action("a")))?.code == "not_found")
      await #expect(throws: QueryFailure.self) { try await world.client.ask(GetDelegation(order: unknown)) }
      let done = try await world.apply(RetryDelegation(order: Self.order, action: world.action("b")))
      #expect(done?.code == "done")
      #expect(done?.detail.contains(id.hex) == true)
      #expect(try await world.apply(RetryDelegation(order: Self.order, action: world.action("b"))) == done)
      #expect(try await found(world).work.map(\.kind) == ["tx.send"])
    }
  }
}
