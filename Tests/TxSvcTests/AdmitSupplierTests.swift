import BusKit
import Contracts
import Crypto
import Foundation
import Testing
import TronKit

@testable import TxSvc

@Suite("Adding a supplier wallet")
struct AdmitSupplierTests {
  /// A node that knows one account with these active permissions.
  private func account(_ world: OperatorWorld, _ address: TronAddress, _ actives: String = "") throws {
    let block = try Samples.block(9).hex
    let parent = try Samples.block(8).hex
    let head = """
      {"blockID":"\(block)","block_header":{"raw_data":{"number":9,"timestamp":1000,"parentHash":"\(parent)"}}}
      """
    world.node["/wallet/getblock"] = head
    world.node["/walletsolidity/getblock"] = head
    world.node["/wallet/getcandelegatedmaxsize"] = #"{"max_size":5000000}"#
    world.node["/wallet/getaccountresource"] = #"{"freeNetLimit":600}"#
    world.node["/wallet/getchainparameters"] = """
      {"chainParameter":[{"key":"getUpdateAccountPermissionFee","value":100000000}]}
      """
    world.node["/wallet/getaccount"] = """
      {"address":"\(address)","balance":7,"owner_permission":{"permission_name":"owner","threshold":1,\
      "keys":[{"address":"\(address)","weight":1}]},"active_permission":[\(actives)]}
      """
  }

  private func active(_ operations: PermissionOperations, _ key: TronAddress) -> String {
    """
    {"type":"Active","id":2,"permission_name":"delegate","threshold":1,"operations":"\(operations.hex)",\
    "keys":[{"address":"\(key)","weight":1}]}
    """
  }

  private func add(
    _ world: OperatorWorld, _ wallet: TronAddress, _ secret: [UInt8], permission: Int, _ key: String,
    to sealing: SealingKey? = nil
  ) async throws -> CommandResult? {
    let target: SealingKey
    if let sealing { target = sealing } else { target = try await world.client.ask(GetSealingKey()) }
    return try await world.apply(
      AddSupplier(
        address: wallet, sealedKey: try SealedKey.seal(secret, for: wallet, to: target), permissionID: permission,
        action: world.action(key)))
  }

  private func bytes(_ key: PrivateKey) -> [UInt8] { key.withUnsafeBytes { Array($0) } }

  @Test("takes an owner's key, and says and notes what it may do beyond lending")
  func ownerKey() async throws {
    try await OperatorWorld.run { world in
      let key = world.key
      try account(world, key.address)
      let result = try await add(world, key.address, bytes(key), permission: 0, "a")
      #expect(result?.ok == true, "\(String(describing: result))")
      #expect(result?.detail.contains("permission 0 (owner) allows everything") == true)
      let keys = try await world.client.ask(GetKeys())
      #expect(keys.warnings[key.address.base58]?.contains("allows everything") == true)
      let wallet = try #require(try await world.wallets().first)
      let ring = try KeyRing(text: FernetTests.key)
      #expect(try ring.open(wallet.encryptedKey, keyID: wallet.keyID).address == key.address)
    }
  }

  @Test("has nothing to say about a key that can only lend")
  func restrictedKey() async throws {
    try await OperatorWorld.run { world in
      let wallet = try Samples.address(5)
      try account(world, wallet, active(.rental, world.key.address))
      let result = try await add(world, wallet, bytes(world.key), permission: 2, "a")
      #expect(result?.detail == "\(wallet) lends energy from now on")
      #expect(try await world.client.ask(GetKeys()).warnings == [:])
      let view = try await world.client.ask(GetPermissions(address: wallet))
      #expect(view.permissions.map(\.id) == [0, 2])
      #expect(view.updateFee == Sun(100_000_000))
      #expect(view.balance == Sun(7))
      #expect(view.referenceBlock == (try Samples.block(9).hex))
      #expect(view.headTimeMs == 1000)
      world.node["/wallet/getaccount"] = "{}"
      await #expect(throws: QueryFailure.self) { try await world.client.ask(GetPermissions(address: wallet)) }
    }
  }

  @Test("refuses what was sealed to a key that nobody has, what is no key, and a key that may not sign")
  func refusals() async throws {
    try await OperatorWorld.run { world in
      let wallet = try Samples.address(5)
      try account(world, wallet, active(try PermissionOperations(contractTypes: [57]), world.key.address))
      let stranger = SealingKey(
        keyID: "0000000000000000", publicKey: Curve25519.KeyAgreement.PrivateKey().publicKey.rawRepresentation)
      let unknown = try await add(world, wallet, bytes(world.key), permission: 2, "a", to: stranger)
      #expect(unknown?.code == "unknown_sealing_key")
      let text = try await add(world, wallet, Array("not a key".utf8), permission: 2, "b")
      #expect(text?.code == "cannot_open_seal")
      #expect(text?.detail.contains("not a key") == false)
      #expect(try await add(world, wallet, bytes(world.key), permission: 2, "c")?.code == "key_does_not_match")
      #expect(try await world.wallets() == [])
    }
  }
}
