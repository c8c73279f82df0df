import Foundation
import Logging
import TestKit
import Testing

@testable import TronSim

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A node and its server on a free port, with a data folder of its own.
struct RunningNode: Sendable {
  let node: Node
  let url: String

  static func with<Result: Sendable>(
    directory: URL? = nil, intervalMs: Int64 = 3_600_000, nodes: Int = 1, gossipMs: Int64 = 0,
    _ body: @Sendable (RunningNode) async throws -> Result
  ) async throws -> Result {
    let folder = directory ?? FileManager.default.temporaryDirectory.appending(path: "tron-sim-\(UUID().uuidString)")
    defer { if directory == nil { remove(folder) } }
    var options = Options(dataDirectory: folder.path, nodes: nodes)
    options.blockIntervalMs = intervalMs
    options.gossipMs = gossipMs
    options.solidAfter = 3
    let node = try Node(options: options, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    let server = Server(node: node, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    return try await serving({ server.service(onListening: $0) }) { port in
      try await body(RunningNode(node: node, url: "http://127.0.0.1:\(port)"))
    }
  }

  private static func remove(_ folder: URL) {
    do {
      try FileManager.default.removeItem(at: folder)
    } catch {
      Issue.record("cannot remove \(folder.path): \(error)")
    }
  }

  func get(_ path: String) async throws -> JSON { try await send("GET", path, nil).json }
  func post(_ path: String, _ body: JSON) async throws -> JSON { try await send("POST", path, body).json }

  func send(_ method: String, _ path: String, _ body: JSON?) async throws -> (status: Int, json: JSON) {
    var request = URLRequest(url: try #require(URL(string: url + path)))
    request.httpMethod = method
    if let body { request.httpBody = Data(body.text.utf8) }
    let (data, response) = try await URLSession.shared.data(for: request)
    return ((response as? HTTPURLResponse)?.statusCode ?? 0, try JSONParser.parse([UInt8](data)))
  }

  /// The key of the first account with this role.
  func key(_ role: String) throws -> KeyPair {
    let folder = URL(filePath: node.options.dataDirectory)
    let list = try JSONParser.parse([UInt8](try Data(contentsOf: folder.appending(path: "accounts.json"))))
    let entry = try #require(list.array?.first { $0["role"]?.string == role })
    let file = try #require(entry["key_file"]?.string)
    let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let text = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    let key = try #require(Hex.decode(text).flatMap(KeyPair.init))
    #expect(key.address.base58 == entry["address"]?.string)
    return key
  }

  /// A delegation of `sun` from the supplier to the customer.
  func delegation(sun: Int64, timestamp: Int64 = 1) async throws -> Transaction {
    let (supplier, customer) = (try key("supplier"), try key("customer"))
    let block = try await get("/wallet/getnowblock")
    let id = try #require(Hex.decode(block["blockID"]?.string ?? ""))
    var raw = RawTransaction()
    raw.refBlockBytes = Array(id[6..<8])
    raw.refBlockHash = Array(id[8..<16])
    raw.expiration = try #require(block["block_header"]?["raw_data"]?["timestamp"]?.int) + 60_000
    raw.timestamp = timestamp
    let call = ContractCall.delegate(
      .init(owner: supplier.address.bytes, resource: 1, balance: sun, receiver: customer.address.bytes))
    raw.contracts = [
      RawTransaction.Contract(
        type: 57, typeURL: "type.googleapis.com/protocol.DelegateResourceContract", value: call.encoded ?? [])
    ]
    return try Transaction(raw: raw, signatures: [supplier.sign(sha256(raw.encoded))])
  }
}

@Suite struct ServerTests {
  @Test func `a delegation travels from broadcasthex through a block to solid`() async throws {
    try await RunningNode.with { running in
      let customer = try running.key("customer").address
      let transaction = try await running.delegation(sun: 7_000_000_000)
      let answer = try await running.post(
        "/wallet/broadcasthex", ["transaction": .string(Hex.encode(transaction.encoded))])
      #expect(answer["result"] == true)
      #expect(answer["code"] == "SUCCESS")
      #expect(answer["txid"]?.string == transaction.id.hex)
      #expect(answer["transaction"]?.string?.contains(transaction.id.hex) == true)
      let value: JSON = ["value": .string(transaction.id.hex)]
      try await #expect(running.post("/wallet/gettransactioninfobyid", value) == [:])
      let again = try await running.post(
        "/wallet/broadcasthex", ["transaction": .string(Hex.encode(transaction.encoded))])
      #expect(again["code"] == "DUP_TRANSACTION_ERROR")
      #expect(again["result"] == false)

      let head = try #require(try await running.post("/sim/blocks/produce?n=1", [:])["head"]?.int)
      let info = try await running.post("/wallet/gettransactioninfobyid", value)
      #expect(info["blockNumber"]?.int == head)
      #expect(info["contractResult"] == [""])
      #expect(info["receipt"]?["net_usage"]?.int == Int64(transaction.encoded.count + 64))
      #expect(info["fee"] == nil && info["result"] == nil)
      try await #expect(running.post("/wallet/gettransactioninfobyblocknum", ["num": .int(head)])[0] == info)
      try await #expect(running.post("/walletsolidity/gettransactioninfobyid", value) == [:])

      let account = try await running.get("/wallet/getaccountresource?visible=true&address=\(customer)")
      #expect(account["EnergyLimit"]?.int == 66_500)
      #expect(account["EnergyUsed"] == nil)
      let block = try await running.post("/wallet/getblockbynum", ["num": .int(head)])
      #expect(block["transactions"]?[0]?["txID"]?.string == transaction.id.hex)
      #expect(block["transactions"]?[0]?["ret"]?[0]?["contractRet"] == "SUCCESS")
      #expect(block["transactions"]?[0]?["raw_data_hex"]?.string == Hex.encode(transaction.rawBytes))

      _ = try await running.post("/sim/blocks/produce?n=3", [:])
      try await #expect(running.post("/walletsolidity/gettransactioninfobyid", value) == info)
      let log = try await running.get("/sim/delegations")
      #expect(log.array?.count == 1)
      #expect(log[0]?["txid"]?.string == transaction.id.hex)
    }
  }

  @Test func `broadcasttransaction encodes raw_data again and answers in hex`() async throws {
    try await RunningNode.with { running in
      let transaction = try await running.delegation(sun: 7_000_000_000)
      for visible in [true, false] {
        var printed = TransactionJSON.built(transaction, visible: visible)
        if case .object(let members) = printed { printed = .object(members.filter { $0.key != "raw_data_hex" }) }
        let answer = try await running.post("/wallet/broadcasttransaction", printed)
        #expect(answer["txid"]?.string == transaction.id.hex)
        #expect(answer["result"] == (visible ? true : nil))
        let weight = try await running.post("/wallet/getsignweight", printed)
        #expect(weight["transaction"]?["transaction"]?["txID"]?.string == transaction.id.hex)
        #expect(weight["permission"]?["threshold"] == 1)
        if !visible { #expect(answer["message"]?.string == Hex.encode("Transaction already exists.".utf8)) }
      }
    }
  }

  @Test func `what does not exist is an empty object, and bad input java-tron's error`() async throws {
    try await RunningNode.with { running in
      let nobody = TestChain.key(99).address
      try await #expect(running.post("/wallet/getaccount", ["address": .string(nobody.hex)]) == [:])
      try await #expect(running.get("/wallet/getaccount?visible=true&address=\(nobody)") == [:])
      try await #expect(running.post("/wallet/getblockbynum", ["num": 999_999]) == [:])
      try await #expect(running.post("/wallet/gettransactioninfobyblocknum", ["num": 1]) == [])
      try await #expect(running.get("/v1/accounts/\(nobody)")["data"] == [])
      try await #expect(running.get("/api/accountv2?address=\(nobody)")["activated"] == false)
      let damaged = "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeD"
      try await #expect(
        running.get("/wallet/getaccount?visible=true&address=\(damaged)")
          == ["Error": "class java.lang.NullPointerException : null"])
      try await #expect(
        running.post("/wallet/getblock", ["id_or_num": "xyz"]) == ["Error": "id must be legal block hash."])
      try await #expect(
        running.post("/wallet/broadcasthex", [:]) == ["Error": "class java.lang.NullPointerException : null"])
      try await #expect(running.send("POST", "/walletsolidity/getaccountresource", [:]).status == 404)
    }
  }

  @Test func `the three account APIs agree`() async throws {
    try await RunningNode.with { running in
      let address = try running.key("customer").address
      let set: JSON = [
        "address": .string(address.base58), "trx": 5_000_001, "usdt": 42_000_000, "energy_stake": 1_000_000_000,
      ]
      try await #expect(running.post("/sim/accounts", set)["energy_limit"]?.int == 9_500)
      let used = try await running.post("/sim/energy/use", ["address": .string(address.hex), "energy": 500])
      #expect(used == ["used": 500, "burned_sun": 0])
      let account = try await running.post("/wallet/getaccount", ["address": .string(address.hex)])
      #expect(account["address"]?.string == address.hex)
      #expect(account["balance"]?.int == 5_000_001)
      #expect(account["frozenV2"]?[1] == ["type": "ENERGY", "amount": 1_000_000_000])
      #expect(account["account_resource"]?["energy_usage"]?.int == 500)
      let grid = try await running.get("/v1/accounts/\(address)")["data"]?[0]
      #expect(grid?["balance"]?.int == 5_000_001)
      #expect(grid?["trc20"]?[0]?[Genesis.mainnetUSDT.base58] == "42000000")
      let scan = try await running.get("/api/accountv2?address=\(address)")
      #expect(scan["balance"]?.int == 5_000_001)
      #expect(scan["bandwidth"]?["energyRemaining"]?.int == 9_000)
      #expect(scan["withPriceTokens"]?[1]?["tokenId"]?.string == Genesis.mainnetUSDT.base58)
      let bad = try await running.send("POST", "/sim/accounts", ["address": "nonsense"])
      #expect(bad.status == 400)
    }
  }

  @Test func `faults are acted out as often as asked`() async throws {
    try await RunningNode.with { running in
      let path = "/wallet/broadcasthex"
      func send(_ number: Int64) async throws -> (status: Int, json: JSON, id: String) {
        let transaction = try await running.delegation(sun: 2_000_000, timestamp: number)
        let answer = try await running.send("POST", path, ["transaction": .string(Hex.encode(transaction.encoded))])
        return (answer.status, answer.json, transaction.id.hex)
      }
      _ = try await running.post("/sim/faults", ["path": .string(path), "mode": "drop_before"])
      let lost = try await send(1)
      #expect(lost.status == 500)
      _ = try await running.post("/sim/faults", ["path": .string(path), "mode": "drop_after"])
      let taken = try await send(2)
      #expect(taken.status == 500)
      _ = try await running.post("/sim/faults", ["path": .string(path), "mode": "busy"])
      try await #expect(send(3).json["code"] == "SERVER_BUSY")
      try await #expect(send(4).json["code"] == "SUCCESS")
      _ = try await running.post("/sim/blocks/produce", [:])
      let log = try await running.get("/sim/delegations").array?.compactMap { $0["txid"]?.string } ?? []
      #expect(log.contains(taken.id))
      #expect(!log.contains(lost.id))
      #expect(log.count == 2)
    }
  }

  @Test func `blocks come by themselves, one per interval, with growing times`() async throws {
    try await RunningNode.with(intervalMs: 20) { running in
      while try await running.get("/sim/status")["head"]?.int ?? 0 < 5 { await Task.yield() }
      let list = try await running.get("/wallet/getblockbylimitnext?startNum=1&endNum=6")
      let blocks = try #require(list["block"]?.array)
      let times = blocks.compactMap { $0["block_header"]?["raw_data"]?["timestamp"]?.int }
      #expect(times.count == 5)
      #expect(zip(times, times.dropFirst()).allSatisfy { $0 < $1 })
      for (parent, child) in zip(blocks, blocks.dropFirst()) {
        #expect(child["block_header"]?["raw_data"]?["parentHash"] == parent["blockID"])
      }
    }
  }
}
