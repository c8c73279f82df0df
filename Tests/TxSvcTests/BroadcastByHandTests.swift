import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("Sending what was signed elsewhere")
struct BroadcastByHandTests {
  private static let head = MoneyQueryTests.block(40, 1_000_000)

  private static func signed(_ key: PrivateKey, timestamp: Int64 = 1, expiration: Int64 = 1_060_000) throws
    -> SignedTransaction
  {
    try RawTransaction(
      referencing: try Samples.block(3), expiration: expiration, timestamp: timestamp,
      contract: .transfer(owner: key.address, to: try Samples.address(9), amount: Sun(5))
    ).signed(with: key)
  }

  private static func send(
    _ signed: SignedTransaction, _ world: OperatorWorld, key: String
  ) async throws -> CommandResult? {
    let command = BroadcastTransaction(signed: Hex.encode(signed.encoded()), action: world.action(key))
    return try await world.client.command(command, answer: CommandResult.self, within: .seconds(60))
  }

  private static func sendings(_ world: OperatorWorld) -> Double {
    world.bus.metrics.render().split(separator: "\n")
      .filter { $0.hasPrefix("energy_tx_outside_broadcasts_total{") }
      .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }.reduce(0, +)
  }

  @Test("is done once for a key, answered the same again, and audited")
  func sending() async throws {
    try await OperatorWorld.run { world in
      world.node["/wallet/getblock"] = Self.head
      world.node["/wallet/broadcasthex"] = #"{"result":true,"txid":""}"#
      let key = try PrivateKey.generate()
      let signed = try Self.signed(key)
      let first = try await Self.send(signed, world, key: "b-1")
      #expect(first?.ok == true)
      #expect(first?.code == "done")
      #expect(first?.detail.contains(signed.id.hex) == true)
      #expect(try await Self.send(signed, world, key: "b-1") == first)
      #expect(Self.sendings(world) == 1)
      // The same bytes may go again.
      #expect(try await Self.send(signed, world, key: "b-2")?.code == "done")
      #expect(Self.sendings(world) == 2)
      #expect(try await Self.send(try Self.signed(key, timestamp: 2), world, key: "b-1")?.code == "key_conflict")
      #expect(Self.sendings(world) == 2)
      try await eventually {
        try await world.audited() == Array(repeating: "tx.BroadcastTransaction done", count: 2)
      }
    }
  }

  @Test("is not done for what is in a block, has expired, or is signed for a wallet of the pool")
  func refusals() async throws {
    try await OperatorWorld.run { world in
      world.node["/wallet/getblock"] = Self.head
      world.node["/wallet/broadcasthex"] = #"{"result":true,"txid":""}"#
      let key = try PrivateKey.generate()
      let expired = try await Self.send(try Self.signed(key, expiration: 1_000_000), world, key: "b-1")
      #expect(expired?.ok == false)
      #expect(expired?.code == "expired")

      let signed = try Self.signed(key)
      let info = #"{"id":"\#(signed.id.hex)","blockNumber":39,"blockTimeStamp":990000,"receipt":{}"#
      world.node["/wallet/gettransactioninfobyid"] = info + "}"
      let there = try await Self.send(signed, world, key: "b-2")
      #expect(there?.ok == true)
      #expect(there?.code == "in_block")
      world.node["/wallet/gettransactioninfobyid"] = info + #","result":"FAILED"}"#
      #expect(try await Self.send(signed, world, key: "b-3")?.code == "failed")
      world.node["/wallet/gettransactioninfobyid"] = "{}"

      try await world.wallet(try KeyRing(text: FernetTests.key), key: key)
      #expect(try await Self.send(signed, world, key: "b-4")?.code == "supplier_wallet")
      let unread = BroadcastTransaction(signed: "zz", action: world.action("b-5"))
      #expect(try await world.apply(unread)?.code == "bad_transaction")
      #expect(try await world.apply(unread)?.code == "bad_transaction")
      #expect(Self.sendings(world) == 0)
    }
  }

  @Test("is refused when every node refuses it, and unknown when one may have it")
  func outcomes() async throws {
    try await OperatorWorld.run { world in
      world.node["/wallet/getblock"] = Self.head
      let signed = try Self.signed(try PrivateKey.generate())
      world.node["/wallet/broadcasthex"] = #"{"code":"SIGERROR","message":"Validate signature error"}"#
      let refused = try await Self.send(signed, world, key: "b-1")
      #expect(refused?.code == "refused")
      #expect(refused?.detail.contains("SIGERROR Validate signature error") == true)

      world.node["/wallet/broadcasthex"] = #"{"code":"SERVER_BUSY","message":"busy"}"#
      async let answer = Self.send(signed, world, key: "b-2")
      try await eventually(within: .seconds(20)) { Self.sendings(world) >= 3 }
      // It had arrived.
      world.node["/wallet/gettransactioninfobyid"] =
        #"{"id":"\#(signed.id.hex)","blockNumber":39,"blockTimeStamp":990000,"receipt":{}}"#
      #expect(try await answer?.code == "in_block")
    }
  }
}
