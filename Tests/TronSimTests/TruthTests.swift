import Testing

@testable import TronSim

@Suite struct TruthTests {
  @Test func `the ledger shows what is lent at the head and in the solid block`() async throws {
    try await TwoNodes.with { nodes in
      let delegation = try await nodes.first.delegation(sun: 7_000_000)
      _ = try await nodes.broadcast(delegation, to: nodes.first)
      try await nodes.produce(4)
      _ = try await nodes.broadcast(nodes.reclaim(sun: 3_000_000, after: delegation), to: nodes.first)
      try await nodes.produce()
      let (supplier, customer) = (try nodes.first.key("supplier").address, try nodes.first.key("customer").address)
      func entry(_ sun: Int64) -> JSON {
        [
          "from": .string(supplier.base58), "to": .string(customer.base58), "resource": "ENERGY",
          "unlocked": .int(sun), "locked": 0, "expires_at_ms": 0,
        ]
      }
      let ledger = try await nodes.first.get("/sim/ledger?from=\(supplier)")
      #expect(ledger["head"]?["entries"] == [entry(4_000_000)])
      #expect(ledger["solid"]?["entries"] == [entry(7_000_000)])
      try await #expect(nodes.first.get("/sim/ledger?from=\(customer)")["head"]?["entries"] == [])
    }
  }

  @Test func `an owner's transactions are told block by block`() async throws {
    try await TwoNodes.with { nodes in
      let owner = try nodes.first.key("supplier").address
      var sent: [Transaction] = []
      for number in 0..<3 {
        sent.append(try await nodes.first.delegation(sun: 2_000_000, timestamp: Int64(number)))
        _ = try await nodes.broadcast(sent[number], to: nodes.first)
        try await nodes.produce()
      }
      let all = try await nodes.first.get("/sim/transactions?owner=\(owner)")
      let txids = all["transactions"]?.array?.compactMap { $0["txid"]?.string }
      #expect(txids == sent.map(\.id.hex))
      #expect(all["next_block"] == nil)
      let first = all["transactions"]?[0]
      #expect(first?["type"] == "DelegateResourceContract" && first?["result"] == "SUCCESS")
      #expect(first?["block"] == 2 && first?["solid"] == false && first?["fee"] == 0)
      #expect(first?["value"]?["balance"] == 2_000_000)
      let page = try await nodes.first.get("/sim/transactions?owner=\(owner)&limit=2")
      #expect(page["transactions"]?.array?.count == 2 && page["next_block"] == 4)
      let rest = try await nodes.first.get("/sim/transactions?owner=\(owner)&limit=2&from_block=4")
      #expect(rest["transactions"]?[0]?["txid"]?.string == sent[2].id.hex)
      try await #expect(nodes.first.send("GET", "/sim/transactions", nil).status == 400)
    }
  }

  @Test func `the log of delegations is read on from a sequence, and a sequence is never given twice`() async throws {
    try await TwoNodes.with { nodes in
      for number in 1...3 {
        _ = try await nodes.broadcast(
          nodes.first.delegation(sun: 2_000_000, timestamp: Int64(number)), to: nodes.first)
      }
      try await nodes.produce()
      func sequences(_ query: String) async throws -> [Int64] {
        try await nodes.first.get("/sim/delegations?\(query)").array?.compactMap { $0["sequence"]?.int } ?? []
      }
      try await #expect(sequences("") == [1, 2, 3])
      try await #expect(sequences("from=2&limit=1") == [2])
      _ = try await nodes.first.post("/sim/blocks/reorganise", ["blocks": 1])
      try await #expect(sequences("") == [])
      try await nodes.produce()
      try await #expect(sequences("from=2") == [4, 5, 6])
      try await #expect(nodes.first.send("GET", "/sim/delegations?from=x", nil).status == 400)
    }
  }

  @Test func `time can be moved: used energy recovers within a day`() async throws {
    try await TwoNodes.with { nodes in
      let customer = try nodes.first.key("customer").address
      _ = try await nodes.first.post(
        "/sim/accounts", ["address": .string(customer.base58), "energy_stake": 1_000_000_000])
      _ = try await nodes.first.post("/sim/energy/use", ["address": .string(customer.base58), "energy": 1_000])
      let before = try await nodes.first.get("/sim/status")["head_timestamp"]?.int ?? 0
      func used() async throws -> Int64 {
        try await nodes.first.get("/sim/accounts/\(customer)")["energy_used"]?.int ?? 0
      }
      for hours in [12, 24] as [Int64] {
        let moved = try await nodes.first.post("/sim/clock/advance", ["ms": .int(12 * 3_600_000)])
        #expect(moved["clock_offset_ms"]?.int == hours * 3_600_000)
        #expect(moved["head_timestamp"]?.int ?? 0 >= before + hours * 3_600_000)
        try await #expect(hours == 24 ? used() == 0 : (450...500).contains(used()))
      }
      try await #expect(nodes.first.send("POST", "/sim/clock/advance", ["ms": -1]).status == 400)
    }
  }
}
