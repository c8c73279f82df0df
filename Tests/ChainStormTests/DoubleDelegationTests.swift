import Contracts
import Foundation
import TestKit
import Testing
import TronKit

/// The checker against the chain itself: a mistake that really happened is found.
struct DoubleDelegationTests {
  @Test("a second delegation of a leg on chain is found, with and without a row that explains it")
  func doubled() async throws {
    var options = ChainWorld.Options()
    options.workers = 1
    options.suppliers = 1
    try await ChainWorld.run(options) { world in
      let request = OrderRequest(receiver: try await world.receiver(), durationSeconds: 1, asksEarly: true)
      let desk = OrderDesk(world)
      try await desk.atWork { desk in
        try await desk.place([request])
        try await eventually(within: .seconds(60), "the order ends") { desk.record(request.order)?.isReclaimed == true }
        try await world.expectClean(desk)
      }
      let leg = try #require(try await world.databaseSnapshot().legs.first)
      let id = try await Self.delegateAgain(leg, world)
      let unexplained = Set(try await world.check(desk.records).map(\.kind))
      #expect(unexplained.isSuperset(of: [.unexplainedTransaction, .chainStillLends]), "\(unexplained)")

      try await world.execute(
        """
        insert into \(ChainWorld.schema).transactions
          (id, order_id, leg_id, purpose, bytes, expiration_ms, signed_at, state)
        values ($1, $2, $3, 'delegate', '', 0, now(), 'dead')
        """, [.text(id), .text(leg.order), .text(leg.id)])
      let explained = Set(try await world.check(desk.records).map(\.kind))
      #expect(
        explained.isSuperset(of: [.doubleDelegation, .deadOnChain, .lostReclaim, .unannounced]), "\(explained)")
    }
  }

  /// Signs with the supplier's own key what tx-svc must never sign.
  private static func delegateAgain(_ leg: DatabaseSnapshot.Leg, _ world: ChainWorld) async throws -> String {
    struct Block: Decodable { let blockID: String }
    struct Answer: Decodable { let result: Bool? }
    let solid = try await world.sim.post("/walletsolidity/getblock", [:], as: Block.self)
    let supplier = try TronAddress(parsing: leg.supplier)
    let raw = RawTransaction(
      referencing: try BlockID(hex: solid.blockID),
      expiration: try await world.sim.status().head_timestamp + 60_000, timestamp: 1,
      contract: .delegateResource(
        owner: supplier, receiver: try TronAddress(parsing: leg.receiver), resource: .energy, balance: Sun(leg.stake),
        lock: false, lockPeriod: 0))
    let signed = try raw.signed(with: try world.key(of: supplier))
    let answer = try await world.sim.post(
      "/wallet/broadcasthex", ["transaction": Hex.encode(signed.encoded())], as: Answer.self)
    #expect(answer.result == true)
    try await eventually("the delegation is in a block") { try await world.movements().count == 3 }
    return signed.id.hex
  }
}
