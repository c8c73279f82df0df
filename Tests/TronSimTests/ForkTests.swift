import Foundation
import TestKit
import Testing

@testable import TronSim

@Suite struct ForkTests {
  @Test func `two nodes disagree until the fork is given up`() async throws {
    try await TwoNodes.with { nodes in
      let transaction = try await nodes.first.delegation(sun: 2_000_000)
      _ = try await nodes.broadcast(transaction, to: nodes.first)
      try await nodes.produce()
      _ = try await nodes.first.post("/sim/forks", ["node": 2, "blocks": 1, "transactions": "lose"])
      let (here, there) = (try await nodes.head(nodes.first), try await nodes.head(nodes.second))
      #expect(here.number == there.number && here.id != there.id)
      try await #expect(nodes.isIncluded(transaction, at: nodes.first))
      try await #expect(!nodes.isIncluded(transaction, at: nodes.second))
      let other = try await nodes.second.delegation(sun: 3_000_000, timestamp: 2)
      try await #expect(nodes.broadcast(other, to: nodes.second) == "SUCCESS")
      try await nodes.produce()
      try await #expect(nodes.isIncluded(other, at: nodes.second))

      _ = try await nodes.first.post("/sim/forks/resolve", ["winner": "main"])
      try await #expect(nodes.head(nodes.second) == nodes.head(nodes.first))
      try await #expect(nodes.isIncluded(transaction, at: nodes.second))
      // It refers to a block of the fork: the main chain has no place for it.
      try await nodes.produce()
      try await #expect(!nodes.isIncluded(other, at: nodes.second))
      let fired = try await nodes.first.get("/sim/faults/fired")["total"]
      #expect(fired?["split"] == 1 && fired?["join_main"] == 1)
      #expect(fired?["replaced_transactions"] == nil)
    }
  }

  @Test func `the fork's blocks win, and a restart remembers it`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tron-sim-\(UUID().uuidString)")
    defer {
      do {
        try FileManager.default.removeItem(at: folder)
      } catch {
        Issue.record("cannot remove \(folder.path): \(error)")
      }
    }
    try await TwoNodes.with(directory: folder) { nodes in
      try await nodes.produce()
      let (early, late) = (
        try await nodes.first.delegation(sun: 2_000_000, timestamp: 1),
        try await nodes.first.delegation(sun: 3_000_000, timestamp: 2)
      )
      _ = try await nodes.broadcast(early, to: nodes.first)
      try await nodes.produce()
      _ = try await nodes.first.post("/sim/forks", ["node": 2, "blocks": 1, "transactions": "lose"])
      _ = try await nodes.broadcast(late, to: nodes.second)
      try await nodes.produce()
      let there = try await nodes.head(nodes.second)
      _ = try await nodes.first.post("/sim/forks/resolve", ["winner": "fork"])
      try await #expect(nodes.head(nodes.first) == there)
      try await #expect(nodes.head(nodes.second) == there)
      try await #expect(nodes.log() == [late.id.hex])
      let fired = try await nodes.first.get("/sim/faults/fired")["total"]
      #expect(fired?["replaced_transactions"]?.int ?? 0 > 0)
      // What only the losing side had in a block is tried again.
      try await nodes.produce()
      try await #expect(nodes.log() == [late.id.hex, early.id.hex])
      let genesis = Genesis(directory: folder, suppliers: 2, supplierStake: 1)
      let again = try ChainStore.open(directory: folder, genesis: genesis, solidAfter: 3, nowMs: 0)
      try await #expect(again.chain.head.id == Hex.decode(nodes.head(nodes.first).id ?? ""))
    }
  }

  @Test func `a fork ends before its first block becomes solid`() async throws {
    try await TwoNodes.with { nodes in
      try await nodes.produce()
      _ = try await nodes.first.post("/sim/forks", ["node": 2, "blocks": 1])
      try await nodes.produce()
      try await #expect(nodes.head(nodes.first) != nodes.head(nodes.second))
      try await nodes.produce()
      try await #expect(nodes.head(nodes.first) == nodes.head(nodes.second))
      try await #expect(nodes.first.send("POST", "/sim/forks/resolve", ["winner": "main"]).status == 400)
    }
  }

  @Test(arguments: [("return", ["delegate", "reclaim"]), ("lose", []), ("reverse", ["delegate"])])
  func `a reorganisation does with the transactions what it is told to`(
    transactions: String, expected: [String]
  ) async throws {
    try await TwoNodes.with { nodes in
      let delegate = try await nodes.first.delegation(sun: 2_000_000)
      let reclaim = try nodes.reclaim(sun: 2_000_000, after: delegate)
      try await #expect(nodes.broadcast(delegate, to: nodes.first) == "SUCCESS")
      try await nodes.produce()
      try await #expect(nodes.broadcast(reclaim, to: nodes.first) == "SUCCESS")
      try await nodes.produce()
      let before = try await nodes.head(nodes.first)
      let kept = try await nodes.first.post("/wallet/getblockbynum", ["num": 1])["blockID"]
      _ = try await nodes.first.post(
        "/sim/blocks/reorganise", ["blocks": 2, "transactions": .string(transactions)])
      let after = try await nodes.head(nodes.first)
      #expect(after.number == before.number.map { $0 + 1 } && after.id != before.id)
      try await #expect(nodes.first.post("/walletsolidity/getblockbynum", ["num": 1])["blockID"] == kept)
      // Without the delegation there is nothing to reclaim.
      try await nodes.produce()
      let names = [delegate.id.hex: "delegate", reclaim.id.hex: "reclaim"]
      try await #expect(nodes.log().compactMap { names[$0] } == expected)
      if transactions == "reverse" {
        // No block is older than what is in it.
        try await #expect(nodes.first.get("/sim/delegations").array?.first?["block"]?.int == before.number)
      }
      let fired = try await nodes.first.get("/sim/faults/fired")["total"]
      #expect(fired?["reorganisation_\(transactions)"] == 1 && fired?["replaced_transactions"] == 2)
    }
  }

  @Test func `a transaction put before another one can make it fail`() async throws {
    try await TwoNodes.with { nodes in
      let all: Int64 = 5_000_000_000_000
      let (loser, winner) = (
        try await nodes.first.delegation(sun: all, timestamp: 1),
        try await nodes.first.delegation(sun: all - 1, timestamp: 2)
      )
      _ = try await nodes.broadcast(loser, to: nodes.first)
      try await nodes.produce()
      _ = try await nodes.first.post(
        "/sim/blocks/reorganise",
        [
          "blocks": 1, "transactions": "reverse", "insert": [.string(Hex.encode(winner.encoded))],
        ])
      try await #expect(nodes.log() == [winner.id.hex])
      try await nodes.produce()
      try await #expect(nodes.log() == [winner.id.hex])
    }
  }

  @Test func `what is solid stays, and its number never falls`() throws {
    let test = try TestChain(solidAfter: 5)
    test.produce(10)
    let solid = test.chain.solidNumber
    _ = try test.chain.perform(.revert(blocks: 5, keepTransactions: false))
    #expect(test.chain.solidNumber == solid)
    #expect(test.chain.head.number == solid)
    #expect(throws: SimAction.Refused.self) {
      try test.chain.perform(.revert(blocks: 1, keepTransactions: false))
    }
    test.produce(2)
    #expect(test.chain.solidNumber == solid)
    #expect(test.chain.solid.id == test.chain.block(solid)?.id)
  }
}
