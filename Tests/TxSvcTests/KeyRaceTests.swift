import BusKit
import Contracts
import Crypto
import Foundation
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("A supplier key that is stored while its master key is taken out")
struct KeyRaceTests {
  private static let (old, new) = (KeyRingTests.older, FernetTests.key)

  @Test("keeps its master key in use, and is named as what stands in the way")
  func storedMeanwhile() async throws {
    try await OperatorWorld.run { world in
      let path = world.masterFile + "-watched"
      try Self.old.write(toFile: path, atomically: true, encoding: .utf8)
      let master = try KeyFile("ENERGY_MASTER_KEY_FILE", path: path) { try KeyRing($0) }
      let sealing = try SealingKeyFile(path: path + "-sealing")
      let watch = KeyWatch(master: master, sealing: sealing, bus: world.bus)
      let (ring, newID) = (master.keys, try KeyRing(text: Self.new).primaryID)
      let wallet = try Self.wallet(world.key, ring)
      async let storing: Void = world.bus.transaction(needs: [KeyUse.need(world.bus.process)]) { unit in
        try KeyUse.check(ring.primaryID, in: master.keys)
        try Self.new.write(toFile: path, atomically: true, encoding: .utf8)
        // The keys are counted and exchanged before this unit commits.
        let deadline = ContinuousClock.now + .seconds(4)
        while master.keys.primaryID != newID, ContinuousClock.now < deadline { usleep(1000) }
        try unit.save(wallet)
      }
      try await eventually(within: .seconds(10)) {
        _ = try await watch.refresh(isForced: false)
        return master.keys.primaryID == newID
      }
      try await storing
      #expect(master.keys.ids == [newID, ring.primaryID])
      #expect(master.problem?.contains("1 supplier keys") == true)
      #expect(try master.keys.open(wallet.encryptedKey, keyID: wallet.keyID).address == world.key.address)
      _ = try await watch.refresh(isForced: false)
      #expect(master.keys.ids == [newID, ring.primaryID], "as long as it is needed")
    }
  }

  @Test("is not stored any more, but encrypted again")
  func takenOut() async throws {
    try await OperatorWorld.run { world in
      let old = try KeyRing(text: Self.old)
      let (address, action) = (world.key.address, world.action("a"))
      let token = try old.seal(world.key, at: Samples.now)
      let sealing = SealingKeyFile(privateKey: Curve25519.KeyAgreement.PrivateKey())
      let effect = AdmitSupplier(
        command: AddSupplier(
          address: address, sealedKey: try SealedKey.seal([1], for: address, to: sealing.publicKey), permissionID: 0,
          action: action),
        replyTo: "", correlation: "")
      let environment = TxEnvironment(
        nodes: TronNodePool(nodes: []), signer: Signer(ring: try KeyRing(text: Self.new)), sealing: sealing,
        orderKey: Samples.orderKey)
      let outcome = effect.admit(
        token, keyID: old.primaryID, WalletFigures(delegatable: .zero, account: nil, block: 1), warning: nil,
        process: world.bus.process, environment)
      guard case .done(let needs, let apply) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      await #expect(throws: TransientFailure.self) {
        try await world.bus.transaction(needs: needs) { try apply($0) }
      }
      #expect(try await world.wallets() == [])
    }
  }

  private static func wallet(_ key: PrivateKey, _ ring: KeyRing) throws -> SupplierWallet {
    SupplierWallet(
      address: key.address, encryptedKey: try ring.seal(key, at: Samples.now), keyID: ring.primaryID, permissionID: 0,
      isEnabled: false, delegatable: .zero, reserved: .zero, delegated: .zero, bandwidth: 0, balance: .zero,
      figuresBlock: 9, refreshAt: Samples.now, addedAt: Samples.now)
  }
}
