import Foundation
import TestKit
import Testing

@testable import TronSim

/// Two nodes over one chain, and what is sent to them.
struct TwoNodes: Sendable {
  let first: RunningNode
  let second: RunningNode

  static func with(
    directory: URL? = nil, gossipMs: Int64 = 0, _ body: @Sendable (TwoNodes) async throws -> Void
  ) async throws {
    try await RunningNode.with(directory: directory, nodes: 2, gossipMs: gossipMs) { running in
      // The first block comes by itself; the tests make the others.
      try await eventually { try await running.get("/sim/status")["head"]?.int == 1 }
      try await body(TwoNodes(first: running, second: RunningNode(node: running.node, url: running.node.urls[1])))
    }
  }

  /// - Returns: the code.
  func broadcast(_ transaction: Transaction, to node: RunningNode) async throws -> String? {
    let body: JSON = ["transaction": .string(Hex.encode(transaction.encoded))]
    return try await node.post("/wallet/broadcasthex", body)["code"]?.string
  }

  func produce(_ count: Int64 = 1) async throws {
    _ = try await first.post("/sim/blocks/produce", ["n": .int(count)])
  }

  func isIncluded(_ transaction: Transaction, at node: RunningNode) async throws -> Bool {
    try await node.post("/wallet/gettransactioninfobyid", ["value": .string(transaction.id.hex)])["id"] != nil
  }

  func head(_ node: RunningNode) async throws -> (number: Int64?, id: String?) {
    let block = try await node.get("/wallet/getnowblock")
    return (block["block_header"]?["raw_data"]?["number"]?.int, block["blockID"]?.string)
  }

  /// The txids in the log of delegations, oldest first.
  func log() async throws -> [String] {
    try await first.get("/sim/delegations").array?.compactMap { $0["txid"]?.string } ?? []
  }

  /// Takes back what the customer has.
  func reclaim(sun: Int64, after delegation: Transaction) throws -> Transaction {
    let (supplier, customer) = (try first.key("supplier"), try first.key("customer"))
    let call = ContractCall.unDelegate(
      .init(owner: supplier.address.bytes, resource: 1, balance: sun, receiver: customer.address.bytes))
    var raw = delegation.raw
    raw.contracts = [
      RawTransaction.Contract(
        type: 58, typeURL: "type.googleapis.com/protocol.UnDelegateResourceContract", value: call.encoded ?? [])
    ]
    return try Transaction(raw: raw, signatures: [supplier.sign(sha256(raw.encoded))])
  }
}

@Suite struct NodesTests {
  @Test func `another node takes a transaction too until it hears of it, and a block holds it once`() async throws {
    try await TwoNodes.with(gossipMs: 60_000) { nodes in
      let transaction = try await nodes.first.delegation(sun: 2_000_000)
      try await #expect(nodes.broadcast(transaction, to: nodes.first) == "SUCCESS")
      let value: JSON = ["value": .string(transaction.id.hex)]
      try await #expect(nodes.first.post("/wallet/gettransactionfrompending", value)["txID"] != nil)
      try await #expect(nodes.second.post("/wallet/gettransactionfrompending", value) == [:])
      try await #expect(nodes.second.get("/wallet/getpendingsize")["pendingSize"] == 0)
      try await #expect(nodes.broadcast(transaction, to: nodes.second) == "SUCCESS")
      try await nodes.produce()
      try await #expect(nodes.log() == [transaction.id.hex])
    }
  }

  @Test func `a node that has heard of a transaction calls it a duplicate`() async throws {
    try await TwoNodes.with { nodes in
      let transaction = try await nodes.first.delegation(sun: 2_000_000)
      try await #expect(nodes.broadcast(transaction, to: nodes.first) == "SUCCESS")
      try await #expect(nodes.broadcast(transaction, to: nodes.second) == "DUP_TRANSACTION_ERROR")
      try await nodes.produce()
      try await #expect(nodes.isIncluded(transaction, at: nodes.second))
    }
  }

  @Test func `a lagging node knows nothing of the last blocks`() async throws {
    try await TwoNodes.with { nodes in
      let transaction = try await nodes.first.delegation(sun: 2_000_000)
      _ = try await nodes.broadcast(transaction, to: nodes.first)
      try await nodes.produce(5)
      _ = try await nodes.first.post("/sim/nodes/lag", ["node": 2, "blocks": 5])
      let head = try await nodes.head(nodes.first).number
      try await #expect(nodes.head(nodes.second).number == head.map { $0 - 5 })
      try await #expect(nodes.isIncluded(transaction, at: nodes.first))
      try await #expect(!nodes.isIncluded(transaction, at: nodes.second))
      let number: JSON = ["num": .int(2)]
      try await #expect(nodes.first.post("/walletsolidity/gettransactioninfobyblocknum", number).array?.count == 1)
      try await #expect(nodes.second.post("/walletsolidity/gettransactioninfobyblocknum", number) == [])
      try await #expect(nodes.second.post("/wallet/getblockbynum", number) == [:])
      let customer = try nodes.first.key("customer").address
      let path = "/wallet/getaccountresource?visible=true&address=\(customer)"
      try await #expect(nodes.first.get(path)["EnergyLimit"]?.int == 19)
      try await #expect(nodes.second.get(path)["EnergyLimit"] == nil)

      // A reference block that it has not got; the other node has no such objection, before or after.
      let next = try await nodes.first.delegation(sun: 3_000_000, timestamp: 2)
      try await #expect(nodes.broadcast(next, to: nodes.second) == "TAPOS_ERROR")
      try await #expect(nodes.broadcast(next, to: nodes.second) == "DUP_TRANSACTION_ERROR")
      try await #expect(nodes.broadcast(next, to: nodes.first) == "SUCCESS")
      // What the lagging node takes reaches the producer.
      let old = try await nodes.second.delegation(sun: 4_000_000, timestamp: 3)
      try await #expect(nodes.broadcast(old, to: nodes.second) == "SUCCESS")
      _ = try await nodes.first.post("/sim/nodes/lag", ["blocks": 0])
      try await nodes.produce()
      try await #expect(nodes.isIncluded(old, at: nodes.second))
      let fired = try await nodes.first.get("/sim/faults/fired")["total"]
      #expect(fired?["lag"]?.int ?? 0 > 0)
      #expect(fired?["reject_then_dup"] == 1)
    }
  }

  @Test func `a node that is started again has forgotten what it had not passed on`() async throws {
    try await TwoNodes.with(gossipMs: 60_000) { nodes in
      let lost = try await nodes.first.delegation(sun: 2_000_000, timestamp: 1)
      let kept = try await nodes.first.delegation(sun: 2_000_000, timestamp: 2)
      _ = try await nodes.broadcast(lost, to: nodes.first)
      _ = try await nodes.broadcast(kept, to: nodes.second)
      _ = try await nodes.first.post("/sim/nodes/forget", ["node": 1])
      try await nodes.produce()
      try await #expect(nodes.log() == [kept.id.hex])
      try await #expect(nodes.broadcast(lost, to: nodes.first) == "SUCCESS")
    }
  }

  @Test func `the producer misses its turns as often as asked, and makes empty blocks`() async throws {
    try await RunningNode.with(intervalMs: 20) { running in
      _ = try await running.post("/sim/blocks/empty", ["blocks": 1_000])
      let transaction = try await running.delegation(sun: 2_000_000)
      _ = try await running.post("/wallet/broadcasthex", ["transaction": .string(Hex.encode(transaction.encoded))])
      try await eventually { try await running.get("/sim/status")["empty_blocks"]?.int ?? 0 < 997 }
      try await #expect(running.get("/sim/status")["pool"] == 1)
      _ = try await running.post("/sim/blocks/empty", ["blocks": 0])
      try await eventually { try await running.get("/sim/delegations").array?.count == 1 }

      _ = try await running.post("/sim/blocks/stall", ["intervals": 1_000_000])
      let head = try await running.get("/sim/status")["head"]
      try await eventually { try await running.get("/sim/status")["stalled_intervals"]?.int ?? 0 < 999_995 }
      try await #expect(running.get("/sim/status")["head"] == head)
      _ = try await running.post("/sim/blocks/stall", ["intervals": 0])
      try await eventually { try await running.get("/sim/status")["head"] != head }
      let fired = try await running.get("/sim/faults/fired")["total"]
      #expect(fired?["stall"]?.int ?? 0 > 0 && fired?["empty_block"]?.int ?? 0 > 0)
    }
  }
}
