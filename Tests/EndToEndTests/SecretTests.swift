import BusKit
import Contracts
import Foundation
import Glibc
import TestKit
import Testing
import TronKit

@Suite(.withStack) struct SecretTests {
  @Test("a supplier's key in clear is nowhere but in tx-svc's memory")
  func supplierKey() async throws {
    let stack = try Stack.current()
    let key = try await borrowedWallet(stack)
    let order = try await orderFrom(key.wallet, stack)
    // Written to the data files, so that those are worth searching.
    try await stack.database.execute("checkpoint")

    // The second term is planted: a search that does not find it would not find the key either.
    let search = StackSearch(stack: stack, terms: [.secret(key.bytes), .text(order)])
    let keys = try await search.keys()
    #expect(keys[0] == [], "in Redis")
    #expect(keys[1].contains { $0.hasPrefix("bus:{tx.commands.0}:stream") })

    let tables = try await search.tables()
    #expect(tables[0] == [], "in a table")
    for kind in ServiceKind.allCases where kind != .session {
      #expect(tables[1].contains { $0.hasPrefix(kind.schema) })
    }

    let append = try search.files(below: stack.redisFolder)
    #expect(append[0] == [], "in Redis' files")
    #expect(append[1].contains { $0.contains("appendonly") })
    let data = try search.files(below: stack.database.server.socketFolder + "/data")
    #expect(data[0] == [], "in Postgres' files")
    #expect(data[1].contains { $0.hasPrefix("base/") })
    #expect(data[1].contains { $0.hasPrefix("pg_wal/") })

    let files = StackSearch(stack: stack, terms: [.secret(key.bytes), .text("\"message\":\"started\"")])
    let logs = try files.files(below: stack.folder.path)
    #expect(logs[0] == [], "in a log or file of a service or simulator")
    for kind in ServiceKind.allCases { #expect(logs[1].contains("log/\(kind.program).log: text")) }

    try await searchMemory(stack, key.bytes, order)
  }

  private func searchMemory(_ stack: Stack, _ key: [UInt8], _ order: String) async throws {
    // Every program was told of the folder by argument or environment, which lie in its stack: the end of its memory.
    let search = StackSearch(stack: stack, terms: [.secret(key), .text(order), .text(stack.folder.path)])
    let memory = try await search.memory(without: [ServiceKind.tx.program])
    #expect(memory[0] == [], "in the memory of a process other than tx-svc")
    for program in ServiceKind.allCases.map(\.program) + ["tron-sim", "telegram-sim"] where program != "tx-svc" {
      #expect(memory[2].contains { $0.hasPrefix(program) })
    }
    for program in ["redis-server", "postgres"] {
      #expect(memory[1].contains { $0.hasPrefix(program) })
    }
  }

  @Test("the search of memory finds a key in each form", arguments: ["raw", "hex", "HEX", "base64", "base64url"])
  func searchCanFail(_ form: String) async throws {
    // Bytes whose base64 differs from its form for URLs.
    let term = SearchTerm.secret([0xfb, 0xff, 0xbe] + StackFolder.randomBytes(29))
    let planted = try #require(term.forms.first { $0.name == form }).bytes
    #expect(term.found(in: StackFolder.randomBytes(500) + planted + StackFolder.randomBytes(500)) == form)
    let found = try await onThread {
      var seen: Set<String> = []
      return try planted.withUnsafeBytes { _ in
        try ProcessMemory(pid: getpid()).search([SearchTerm(forms: [(form, planted)])], seen: &seen)
      }
    }
    #expect(found == [form])
  }

  // MARK: -

  /// A wallet so small that an order fits it tightest. Only energyctl has read its key, from a file that is gone again.
  private func borrowedWallet(_ stack: Stack) async throws -> (bytes: [UInt8], wallet: TronAddress) {
    let bytes = StackFolder.randomBytes(32)
    let wallet = try PrivateKey(bytes: bytes).address
    try await stack.chain.api.post(
      "/sim/accounts",
      [
        "address": wallet.base58, "trx": 1_000_000_000, "energy_stake": 20_000_000_000,
        "bandwidth_stake": 10_000_000_000,
      ])
    let file = NSTemporaryDirectory() + UUID().uuidString
    let created = FileManager.default.createFile(
      atPath: file, contents: Data(bytes.map { String(format: "%02x", $0) }.joined().utf8),
      attributes: [.posixPermissions: 0o600])
    #expect(created)
    let added = await Result {
      try await stack.energyctl(
        "supplier", "add", "--key-file", file, "--actor", "test", "--reason", "test", "--key", "small-wallet")
    }
    try FileManager.default.removeItem(atPath: file)
    _ = try added.get()
    return (bytes, wallet)
  }

  /// A whole rental that this wallet signs for; returns the order's id.
  private func orderFrom(_ wallet: TronAddress, _ stack: Stack) async throws -> String {
    let shopper = try await stack.shopper(trx: 100)
    let receiver = try await stack.chain.receiver()
    let id = try await shopper.place(receiver).json["id"].string
    try await stack.expectRentals(for: receiver, customer: shopper.customer)
    #expect(try await stack.chain.history(of: receiver).delegated.map(\.from) == [wallet.base58], "the wallet signed")
    return id
  }
}

extension Result where Failure == any Error {
  /// The outcome of asynchronous work, kept until something else is cleaned up.
  init(_ body: () async throws -> Success) async {
    do {
      self = .success(try await body())
    } catch {
      self = .failure(error)
    }
  }
}
