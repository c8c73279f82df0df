import ArgumentParser
import Contracts
import Foundation
import Testing
import TronKit

@testable import EnergyCtl

@Suite("energyctl supplier permission")
struct PermissionPlanTests {
  private let cold: PrivateKey
  private let hot: PrivateKey
  private let block = "000000000000000a" + String(repeating: "ab", count: 24)

  init() throws { (cold, hot) = (try .generate(), try .generate()) }

  private func permission(
    _ id: Int32, _ name: String, operations: PermissionOperations? = nil, _ keys: TronAddress...
  ) -> PermissionsView.Permission {
    PermissionsView.Permission(
      id: id, name: name, threshold: 1, operations: operations?.hex, keys: keys.map { .init(address: $0, weight: 1) })
  }

  /// A wallet as it is after it was made, with a witness permission and two active ones.
  private func view(balance: Int64 = 500_000_000) throws -> PermissionsView {
    let all = try PermissionOperations(contractTypes: [1, 31, 57, 58])
    return PermissionsView(
      address: cold.address, balance: Sun(balance), updateFee: Sun(100_000_000),
      permissions: [
        permission(0, "owner", cold.address), permission(1, "witness", cold.address),
        permission(2, "active", operations: all, cold.address),
        permission(3, "votes", operations: try PermissionOperations(contractTypes: [4]), hot.address),
      ], referenceBlock: block, headTimeMs: 1_800_000_000_000)
  }

  private func plan(_ view: PermissionsView, keep: [Int32] = []) throws -> PermissionPlan {
    try PermissionPlan(view, hotKey: hot.address, keep: keep, lifetimeSeconds: 3_600)
  }

  @Test("gives the hot key exactly two kinds of transaction and repeats owner and witness")
  func restricts() throws {
    let plan = try plan(try view())
    let raw = try RawTransaction(decodingExactly: try Hex.decode(plan.output.raw_data_hex))
    guard case .updatePermissions(let update) = raw.contract else {
      Issue.record("it is a \(raw.contract.name)")
      return
    }
    #expect(update.account == cold.address)
    #expect(update.owner.keys.map(\.address) == [cold.address])
    #expect(update.witness?.keys.map(\.address) == [cold.address])
    #expect(update.actives.map(\.operations) == [.rental])
    #expect(
      update.actives[0].operations?.hex == "0000000000000006000000000000000000000000000000000000000000000000")
    #expect(update.actives[0].keys.map(\.address) == [hot.address])
    #expect(raw.permissionID == 0)
    #expect(raw.expiration == 1_800_000_000_000 + 3_600_000)
    #expect(raw.id.hex == plan.output.txid)
    #expect(raw.refBlockBytes == [0, 0x0a])
  }

  @Test("says what is replaced, what it costs, and what is missing")
  func explains() throws {
    let text = try plan(try view(balance: 1_000_000)).explanation.joined(separator: "\n")
    for part in [
      "replaces ALL permissions", "taken away: active 2 (active)", "taken away: active 3 (votes)", "costs 100 TRX",
      "has 1.", "too little", "DelegateResource (57), UnDelegateResource (58)",
    ] {
      #expect(text.contains(part), "\(part) in\n\(text)")
    }
    #expect(!text.contains("more than restricted"))
  }

  @Test("keeps what is asked for after the restricted one, and warns when that widens the hot key")
  func keeps() throws {
    let plan = try plan(try view(), keep: [3])
    #expect(plan.update.actives.map(\.name) == ["delegate", "votes"])
    #expect(plan.explanation.contains { $0.contains("more than restricted") && $0.contains("VoteWitness (4)") })
    #expect(throws: ValidationError.self) { try self.plan(try view(), keep: [7]) }
  }

  @Test("an owner's key cannot be restricted")
  func ownerKey() throws {
    #expect(throws: ValidationError.self) {
      try PermissionPlan(try view(), hotKey: cold.address, keep: [], lifetimeSeconds: 60)
    }
  }

  @Test("the owner's key signs it offline, and nothing else")
  func signs() throws {
    let plan = try plan(try view())
    let signed = try PermissionCommand.Sign.signed(plan.output.raw_data_hex, cold)
    #expect(try signed.signers() == [cold.address])
    #expect(signed.id.hex == plan.output.txid)
    #expect(throws: ValidationError.self) { try PermissionCommand.Sign.signed(plan.output.raw_data_hex, hot) }
    var other = plan.raw
    other.contract = .transfer(owner: cold.address, to: hot.address, amount: Sun(1))
    #expect(throws: ValidationError.self) { try PermissionCommand.Sign.signed(Hex.encode(other.encoded()), cold) }
  }

  @Test("checks what the chain says of a key")
  func checks() throws {
    let before = try PermissionCommand.Check.judge(try view(), hotKey: hot.address, permission: 2)
    #expect(!before.0)
    #expect(before.1.first?.contains("NOT delegate") == true)
    var permissions = try view().permissions
    permissions[2] = permission(2, "delegate", operations: .rental, hot.address)
    permissions.removeLast()
    let after = PermissionsView(
      address: cold.address, balance: .zero, updateFee: .zero, permissions: permissions, referenceBlock: block,
      headTimeMs: 0)
    let judged = try PermissionCommand.Check.judge(after, hotKey: hot.address, permission: 2)
    #expect(judged.0)
    #expect(judged.1.last == "it may do nothing else")
    let owner = try PermissionCommand.Check.judge(after, hotKey: cold.address, permission: 0)
    #expect(owner.0)
    #expect(owner.1.last?.hasPrefix("warning: ") == true)
  }
}
