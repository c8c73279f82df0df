import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("Master keys of a running tx-svc")
struct KeyRotationTests {
  private static let (old, new) = (KeyRingTests.older, FernetTests.key)

  @Test("are added, rotated and retired without a restart; what a supplier key needs cannot be taken out")
  func rotation() async throws {
    try await OperatorWorld.run(master: Self.old) { world in
      let (oldID, newID) = (try KeyRing(text: Self.old).primaryID, try KeyRing(text: Self.new).primaryID)
      let keys = [try PrivateKey.generate(), try PrivateKey.generate()]
      for key in keys { try await world.wallet(try KeyRing(text: Self.old), key: key) }
      let before = try await world.client.ask(GetKeys())
      #expect(before.masters == [.init(keyID: oldID, isPrimary: true, isHeld: true, wallets: 2, isRetirable: false)])

      #expect(try await rotate(world, to: newID, "early")?.code == "unknown_key")

      // Step one: every replica gets the new key, and goes on with the old one.
      try world.writeMaster(Self.old, Self.new)
      try await masters(world, [oldID, newID])
      // Step two.
      try world.writeMaster(Self.new, Self.old)
      try await masters(world, [newID, oldID])
      #expect(try await world.client.ask(GetKeys()).mistakes.contains { $0.contains("rotate") })
      // Nothing may be lost meanwhile.
      try world.writeMaster(Self.new)
      try await eventually(within: .seconds(10)) {
        try await world.client.ask(GetKeys()).replicas.first?.problem?.contains("2 supplier keys") == true
      }
      #expect(try await world.client.ask(GetKeys()).masters.map(\.keyID) == [newID, oldID])
      try world.writeMaster(Self.new, Self.old)

      let done = try await rotate(world, to: newID, "rotate")
      #expect(done?.ok == true)
      #expect(done?.detail.hasPrefix("2 supplier keys") == true)
      #expect(try await rotate(world, to: newID, "rotate") == done, "the same key is the same action")
      #expect(try await rotate(world, to: newID, "again")?.code == "unchanged")
      let ring = try KeyRing(text: Self.new)
      let opened = try await world.wallets().map { try ring.open($0.encryptedKey, keyID: $0.keyID).address }
      #expect(Set(opened) == Set(keys.map(\.address)))

      try await eventually(within: .seconds(10)) {
        try await world.client.ask(GetKeys()).masters.first { $0.keyID == oldID }?.isRetirable == true
      }
      try world.writeMaster(Self.new)
      try await masters(world, [newID])
      let after = try await world.client.ask(GetKeys())
      #expect(after.mistakes == [])
      #expect(
        try await world.audited() == [
          "tx.RotateKeys unknown_key", "tx.RotateKeys done", "tx.RotateKeys unchanged",
        ])
    }
  }

  @Test("are not rotated to one that a living replica lacks, and one token that cannot be opened stops no other")
  func unfit() async throws {
    try await OperatorWorld.run(master: "\(Self.new)\n\(Self.old)") { world in
      let (oldRing, newID) = (try KeyRing(text: Self.old), try KeyRing(text: Self.new).primaryID)
      for _ in 0..<2 { try await world.wallet(oldRing, key: try .generate()) }
      let other = "tx-svc-other"
      try await world.bus.transaction { unit in
        try unit.save(
          KeyHolder(process: other, masterKeys: oldRing.ids, sealingKeys: [], problem: nil, seenAt: unit.now))
      }
      let refused = try await rotate(world, to: newID, "one")
      #expect(refused?.code == "replica_lacks_key")
      #expect(refused?.detail.contains(other) == true)

      let broken = try await world.wallets()[0].address.base58
      try await world.bus.transaction(needs: [.row(KeyHolder.self, other), .row(SupplierWallet.self, broken)]) { unit in
        try unit.delete(KeyHolder.self, other)
        var wallet = try #require(try unit.find(SupplierWallet.self, broken))
        wallet.encryptedKey = "gAAAAA" + wallet.encryptedKey.dropFirst(6).reversed()
        try unit.save(wallet)
      }
      let partly = try await rotate(world, to: newID, "two")
      #expect(partly?.code == "incomplete")
      #expect(partly?.detail.hasPrefix("1 supplier keys") == true)
      #expect(partly?.detail.contains(broken) == true)
      #expect(try await world.wallets().map(\.keyID) == [oldRing.primaryID, newID])
    }
  }

  private func rotate(_ world: OperatorWorld, to keyID: String, _ key: String) async throws -> CommandResult? {
    try await world.apply(RotateKeys(keyID: keyID, action: world.action(key)))
  }

  private func masters(_ world: OperatorWorld, _ ids: [String]) async throws {
    try await eventually(within: .seconds(10)) {
      try await world.client.ask(GetKeys()).replicas.first?.masterKeys == ids
    }
  }
}
