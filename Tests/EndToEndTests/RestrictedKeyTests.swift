import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@Suite(.withStack) struct RestrictedKeyTests {
  @Test("a wallet gets a key that can only lend: built over the bus, signed offline, checked on chain, lent with")
  func restricted() async throws {
    let stack = try Stack.current()
    let (cold, hot) = (StackFolder.randomBytes(32), StackFolder.randomBytes(32))
    let (owner, signer) = (try PrivateKey(bytes: cold).address, try PrivateKey(bytes: hot).address)
    // The tightest fit for an order: this wallet lends.
    try await stack.chain.api.post(
      "/sim/accounts",
      [
        "address": owner.base58, "trx": 1_000_000_000, "energy_stake": 20_000_000_000,
        "bandwidth_stake": 10_000_000_000,
      ])
    let permission = ["supplier", "permission"]
    let check = permission + ["check", "--owner", owner.base58, "--hot-key", signer.base58]
    await #expect(throws: StackError.self) { try await ctl(stack, check) }

    let built = try await ctl(
      stack, permission + ["build", "--owner", owner.base58, "--hot-key", signer.base58])
    let plan = try JSON(parsing: Array(try #require(built.split(separator: "\n").last).utf8))
    let signed = try await withFile(cold) {
      try await ctl(stack, permission + ["sign", plan["raw_data_hex"].string, "--key-file", $0])
    }
    let hex = signed.trimmingCharacters(in: .whitespacesAndNewlines)
    let broadcast = try await stack.chain.api.post("/wallet/broadcasthex", ["transaction": hex])
    #expect(broadcast["txid"].string == plan["txid"].string, "\(broadcast)")
    var last = ""
    try await eventually(within: .seconds(20), "the chain has the permission: \(last)") {
      do {
        last = try await ctl(stack, check)
        return true
      } catch let error as StackError {
        last = error.description
        return false
      }
    }
    #expect(last.contains("it may do nothing else"))

    _ = try await withFile(hot) {
      try await ctl(
        stack,
        [
          "supplier", "add", "--key-file", $0, "--address", owner.base58, "--permission", "2", "--actor", "test",
          "--reason", "test",
        ])
    }
    let shopper = try await stack.shopper(trx: 100)
    let receiver = try await stack.chain.receiver()
    _ = try await shopper.place(receiver)
    try await stack.expectRentals(for: receiver, customer: shopper.customer)
    #expect(try await stack.chain.history(of: receiver).delegated.map(\.from) == [owner.base58])
  }

  private func ctl(_ stack: Stack, _ arguments: [String]) async throws -> String {
    try await stack.energyctl(arguments)
  }

  /// A key in a file that is gone afterwards.
  private func withFile<Value>(_ key: [UInt8], _ body: (String) async throws -> Value) async throws -> Value {
    let path = NSTemporaryDirectory() + UUID().uuidString
    let isMade = FileManager.default.createFile(
      atPath: path, contents: Data(Hex.encode(key).utf8), attributes: [.posixPermissions: 0o600])
    #expect(isMade)
    defer { unlink(path) }
    return try await body(path)
  }
}
