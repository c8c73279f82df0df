import BusKit
import Contracts
import Foundation
import Postgres
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("The sending of a transaction")
struct SentEffectTests {
  private func effects(_ world: ChainWorld, _ condition: String) async throws -> Int {
    try await world.bus.read {
      try $0.execute("select 1 from effects where kind = $1 and \(condition)", [.text(SendTransaction.kind)]).rows.count
    }
  }

  @Test("is over when a block holds it: nobody looks again in nine seconds")
  func over() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let signed = try await world.order()
      try await eventually(within: .seconds(20), "it rests until it would be sent again") {
        try await effects(world, "lease_until is null and next_at > clock_timestamp() + interval '2 seconds'") == 1
      }
      try chain.produce([FakeChain.Transaction(signed)])
      try await world.settle()
      #expect(try await world.rows(StoredTransaction.self).map(\.state) == [.inBlock])
      #expect(try await effects(world, "true") == 0)
    }
  }

  @Test("reads what it needs of its own transaction and nothing of others")
  func snapshot() async throws {
    try await PoolWorld.run { world in
      try await world.stock([])
      let receivers = try (1...2).map { try Samples.address(UInt8(100 + $0)) }
      let ids = try (1...2).map { try TransactionID(bytes: [UInt8](repeating: UInt8($0), count: 32)) }
      try await world.bus.transaction { unit in
        for (index, receiver) in receivers.enumerated() {
          let order = Delegation(
            PoolWorld.message(index + 1, to: receiver, at: unit.now), correlation: "", now: unit.now)
          try unit.save(order)
          try unit.save(
            StoredTransaction(
              id: ids[index], orderID: order.id, legID: "\(order.id)/1", purpose: .delegate, bytes: [1],
              expirationMs: 1, signedAt: unit.now, state: .dead))
        }
      }
      try await world.bus.transaction { unit in
        for (index, id) in ids.enumerated() {
          for number in 1...2 {
            try unit.save(
              Sending(
                id: "\(index)-\(number)", txID: id, orderID: Samples.order, node: "n",
                sentAt: unit.now.addingTimeInterval(Double(-number))))
          }
        }
      }
      let unknown = String(repeating: "f", count: 64)
      let found = try await TransactionSnapshot.read([ids[0].hex, ids[1].hex, unknown], world.bus)
      #expect(Set(found.keys) == Set(ids.map(\.hex)))
      for (index, id) in ids.enumerated() {
        let snapshot = try #require(found[id.hex])
        #expect(snapshot.receiver == receivers[index])
        #expect(snapshot.sendings.map(\.id) == ["\(index)-2", "\(index)-1"], "the oldest first")
        #expect(snapshot.cursor?.number == 900)
        #expect(snapshot.mode == .everything)
      }
      try await world.bus.transaction { unit in
        var state = SigningState(hourStartedAt: unit.now)
        state.mode = .reclaimsOnly
        try unit.save(state)
      }
      #expect(try await TransactionSnapshot.read([ids[0].hex], world.bus)[ids[0].hex]?.mode == .reclaimsOnly)
    }
  }
}
