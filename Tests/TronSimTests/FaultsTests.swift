import Foundation
import TestKit
import Testing

@testable import TronSim

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

@Suite struct FaultsTests {
  private static let limit = "The key exceeds the frequency limit(15), and the query server is suspended for 7s"

  /// Sends a delegation that differs from others by its timestamp.
  private static func broadcast(
    _ running: RunningNode, _ number: Int64
  ) async throws -> (status: Int, json: JSON, id: String) {
    let transaction = try await running.delegation(sun: 2_000_000, timestamp: number)
    let answer = try await running.send(
      "POST", "/wallet/broadcasthex", ["transaction": .string(Hex.encode(transaction.encoded))])
    return (answer.status, answer.json, transaction.id.hex)
  }

  private static func included(_ running: RunningNode) async throws -> [String] {
    _ = try await running.post("/sim/blocks/produce", [:])
    return try await running.get("/sim/delegations").array?.compactMap { $0["txid"]?.string } ?? []
  }

  private static func total(_ running: RunningNode, _ name: String) async throws -> Int64? {
    try await running.get("/sim/faults/fired")["total"]?[name]?.int
  }

  private static let readAnswers: [(mode: String, status: Int, body: JSON)] = [
    ("http_429", 429, ["Error": .string(limit)]),
    ("http_403", 403, ["Success": false, "Error": .string(limit), "StatusCode": 403]),
    (
      "http_503", 503,
      [
        "Error": .string(
          "request rate exceeded the allowed_rps(3), and the query server is suspended for 7 s. "
            + "To obtain higher request quotas...")
      ]
    ),
    ("suspended", 200, ["Error": .string(limit)]),
    ("error", 200, ["Error": "class java.lang.NullPointerException : null"]),
    ("overloaded", 200, ["Error": "class java.lang.IllegalAccessException : lack of computing resources"]),
    ("busy", 200, ["Error": "class java.lang.IllegalAccessException : lack of computing resources"]),
    ("drop_before", 500, ["error": "dropped"]), ("drop_after", 500, ["error": "dropped"]),
  ]

  @Test(arguments: readAnswers)
  func `a read is answered as a node or its gateway does that has a problem`(
    mode: String, status: Int, body: JSON
  ) async throws {
    try await RunningNode.with { running in
      _ = try await running.post(
        "/sim/faults", ["path": "/wallet/getnowblock", "mode": .string(mode), "count": 2, "seconds": 7])
      for _ in 0..<2 {
        let answer = try await running.send("POST", "/wallet/getnowblock", [:])
        #expect(answer.status == status)
        #expect(answer.json == body)
      }
      try await #expect(running.post("/wallet/getnowblock", [:])["blockID"] != nil)
      try await #expect(Self.total(running, mode) == 2)
    }
  }

  @Test func `a proxy's page is no JSON`() async throws {
    try await RunningNode.with { running in
      _ = try await running.post("/sim/faults", ["path": "*", "mode": "http_500"])
      let url = try #require(URL(string: running.url + "/wallet/getnowblock"))
      let (data, response) = try await URLSession.shared.data(from: url)
      #expect((response as? HTTPURLResponse)?.statusCode == 500)
      #expect(String(decoding: data, as: UTF8.self).hasPrefix("<html>"))
    }
  }

  @Test(arguments: [
    ("busy", "SERVER_BUSY", "SUCCESS"), ("no_connection", "NO_CONNECTION", "SUCCESS"),
    ("not_enough_effective_connection", "NOT_ENOUGH_EFFECTIVE_CONNECTION", "SUCCESS"),
    ("block_unsolidified", "BLOCK_UNSOLIDIFIED", "SUCCESS"), ("other_error", "OTHER_ERROR", "DUP_TRANSACTION_ERROR"),
    ("tapos_error", "TAPOS_ERROR", "DUP_TRANSACTION_ERROR"),
    ("accept_and_drop", "SUCCESS", "DUP_TRANSACTION_ERROR"),
  ])
  func `a broadcast is answered with the code asked for, and the same bytes again with what follows from it`(
    mode: String, first: String, second: String
  ) async throws {
    try await RunningNode.with { running in
      _ = try await running.post("/sim/faults", ["path": "broadcast", "mode": .string(mode)])
      let answer = try await Self.broadcast(running, 1)
      #expect(answer.json["code"]?.string == first)
      #expect(answer.json["txid"]?.string == answer.id)
      try await #expect(Self.broadcast(running, 1).json["code"]?.string == second)
      try await #expect(Self.included(running).isEmpty == (second != "SUCCESS"))
      let refusedTwice = ["other_error", "tapos_error"].contains(mode)
      try await #expect(Self.total(running, "reject_then_dup") == (refusedTwice ? 1 : nil))
    }
  }

  @Test func `a transaction refused by the rules is a duplicate when it is sent again`() async throws {
    try await RunningNode.with { running in
      let poor = try await running.delegation(sun: 1, timestamp: 1)
      let body: JSON = ["transaction": .string(Hex.encode(poor.encoded))]
      try await #expect(running.post("/wallet/broadcasthex", body)["code"] == "CONTRACT_VALIDATE_ERROR")
      try await #expect(running.post("/wallet/broadcasthex", body)["code"] == "DUP_TRANSACTION_ERROR")
      try await #expect(Self.total(running, "reject_then_dup") == 1)
    }
  }

  @Test(arguments: [
    ("cut", false), ("hang", false), ("accept_and_cut", true), ("accept_and_time_out", true),
  ])
  func `a broken connection says nothing about the transaction`(mode: String, taken: Bool) async throws {
    try await RunningNode.with { running in
      _ = try await running.post(
        "/sim/faults", ["path": "broadcast", "mode": .string(mode), "delay_ms": 20])
      await #expect(throws: (any Error).self) { try await Self.broadcast(running, 1) }
      try await #expect(Self.included(running).count == (taken ? 1 : 0))
      try await #expect(Self.total(running, mode) == 1)
    }
  }

  @Test func `a call that hangs does not keep the server from stopping`() async throws {
    let call = try await RunningNode.with { running in
      _ = try await running.post(
        "/sim/faults", ["path": "read", "mode": "hang", "delay_ms": .int(Fault.delayMaximumMs)])
      let call = Task { try await running.get("/wallet/getnowblock") }
      try await eventually { try await Self.total(running, "hang") == 1 }
      return call
    }
    await #expect(throws: (any Error).self) { try await call.value }
  }

  @Test func `slow does it at once, delay when the time is over`() async throws {
    try await RunningNode.with { running in
      let delegation = try await running.delegation(sun: 2_000_000)
      let body: JSON = ["transaction": .string(Hex.encode(delegation.encoded))]
      for (mode, waiting) in [("slow", Int64(1)), ("delay", 0)] {
        _ = try await running.post("/sim/pool/clear", [:])
        _ = try await running.post("/sim/nodes/forget", [:])
        _ = try await running.post(
          "/sim/faults", ["path": "broadcast", "mode": .string(mode), "delay_ms": 300])
        async let answer = running.post("/wallet/broadcasthex", body)
        try await eventually { try await Self.total(running, mode) == 1 }
        if mode == "slow" { try await eventually { try await running.get("/sim/status")["pool"]?.int == 1 } }
        try await #expect(running.get("/sim/status")["pool"]?.int == waiting)
        try await #expect(answer["code"] == "SUCCESS")
        try await #expect(running.get("/sim/status")["pool"]?.int == 1)
      }
    }
  }

  @Test func `a stale answer leaves out what was included a moment ago`() async throws {
    try await RunningNode.with { running in
      let id = try await Self.broadcast(running, 1).id
      let head = try #require(try await running.post("/sim/blocks/produce", [:])["head"]?.int)
      _ = try await running.post(
        "/sim/faults", ["path": "read", "mode": "stale", "delay_ms": 600_000, "count": 3])
      let value: JSON = ["value": .string(id)]
      try await #expect(running.post("/wallet/gettransactioninfobyid", value) == [:])
      try await #expect(running.post("/wallet/gettransactionbyid", value) == [:])
      try await #expect(running.post("/wallet/getblockbynum", ["num": .int(head)])["transactions"] != nil)
      try await #expect(running.post("/wallet/gettransactioninfobyblocknum", ["num": .int(head)]) == [])
      try await #expect(running.post("/wallet/gettransactioninfobyid", value)["id"]?.string == id)
    }
  }

  @Test func `a fault keeps to its calls and its node`() async throws {
    try await RunningNode.with(nodes: 2) { running in
      let second = RunningNode(node: running.node, url: running.node.urls[1])
      _ = try await running.post("/sim/faults", ["path": "solid", "mode": "error", "node": 2, "count": 9])
      _ = try await running.post("/sim/faults", ["path": "read", "mode": "overloaded", "node": 1, "count": 9])
      let (head, solid) = ("/wallet/getnowblock", "/walletsolidity/getnowblock")
      try await #expect(running.get(solid)["blockID"] != nil)
      try await #expect(second.get(solid)["Error"] != nil)
      try await #expect(running.get(head)["Error"] != nil)
      try await #expect(second.get(head)["blockID"] != nil)
      try await #expect(Self.broadcast(second, 1).json["code"] == "SUCCESS")
      let events = try await running.get("/sim/faults/fired")["events"]
      #expect(
        events == [
          ["name": "error", "node": 2, "path": "solid", "count": 1],
          ["name": "overloaded", "node": 1, "path": "read", "count": 1],
        ])
      try await #expect(running.post("/sim/faults/clear", [:]) == [])
      try await #expect(running.get(head)["blockID"] != nil)
    }
  }

  @Test func `the same seed gives the same faults`() throws {
    func fired(seed: Int64) throws -> [Bool] {
      var board = FaultBoard()
      let parameters: JSON = ["path": "*", "mode": "error", "probability": .double(0.25), "seed": .int(seed)]
      try board.set(try Fault(APIParameters(json: parameters), nodes: 1))
      return (0..<1_000).map { _ in board.take(path: "/wallet/getnowblock", node: 0) { _ in true } != nil }
    }
    let first = try fired(seed: 7)
    try #expect(first == fired(seed: 7))
    try #expect(first != fired(seed: 8))
    #expect((200...300).contains(first.filter { $0 }.count))
  }

  private static let mistakes: [(body: JSON, message: String)] = [
    (
      ["mode": "error"],
      "path '' must begin with '/', e.g. /wallet/broadcasthex, or be broadcast, read, solid or *"
    ),
    (
      ["path": "/wallet/getnowblock", "mode": "tapos_error"],
      "mode tapos_error is for broadcasts, which /wallet/getnowblock is not"
    ),
    (["path": "*", "mode": "error", "count": -1], "count '-1' must be a whole number from 0 to 1000000"),
    (["path": "*", "mode": "error", "node": 2], "node '2' must be a whole number from 1 to 1"),
    (
      ["path": "*", "mode": "error", "probability": 0],
      "probability '0' must be more than 0 and at most 1, e.g. 0.05"
    ),
    (
      ["path": "*", "mode": "delay", "delay_ms": "long"],
      "delay_ms 'long' must be a whole number from 0 to 600000"
    ),
  ]

  @Test(arguments: mistakes)
  func `a mistake is refused with the value and a remedy`(body: JSON, message: String) async throws {
    try await RunningNode.with { running in
      let answer = try await running.send("POST", "/sim/faults", body)
      #expect(answer.status == 400)
      #expect(answer.json == ["error": .string(message)])
      let unknown = try await running.send("POST", "/sim/faults", ["path": "*", "mode": "fire"])
      #expect(unknown.status == 400)
      #expect(unknown.json["error"]?.string?.hasPrefix("mode 'fire' is none of drop_before, ") == true)
    }
  }
}
