import ArgumentParser
import BusKit
import Contracts
import Foundation
import TronKit

/// The transaction that restricts a wallet's hot key, and what a person should know before the owner signs it. Pure.
struct PermissionPlan: Sendable {
  static let permissionName = "delegate"

  struct Output: Encodable {
    let txid: String
    let raw_data_hex: String
    /// Chain time.
    let expires_at: Date
    /// What tx-svc will name: `energyctl supplier add --permission`.
    let permission_id: Int
  }

  let view: PermissionsView
  let hotKey: TronAddress
  let update: PermissionUpdate
  let raw: RawTransaction
  private let dropped: [AccountPermission]

  /// - Parameter keep: ids of active permissions that stay. The chain numbers them anew, after the restricted one.
  /// - Throws: `ValidationError` for a key that is the owner's own, or a permission that does not exist.
  init(_ view: PermissionsView, hotKey: TronAddress, keep: [Int32], lifetimeSeconds: Int) throws {
    self.view = view
    self.hotKey = hotKey
    let permissions = try view.permissions.map { try $0.permission() }
    let owner =
      permissions.first { $0.id == 0 }
      ?? AccountPermission(
        id: 0, name: "owner", threshold: 1, operations: nil, keys: [.init(address: view.address, weight: 1)])
    guard !owner.keys.contains(where: { $0.address == hotKey }) else {
      throw ValidationError(
        "\(hotKey) is an owner of \(view.address): a key that may do everything cannot be restricted; make a new one")
    }
    let actives = permissions.filter { $0.id >= 2 }
    for id in keep where !actives.contains(where: { $0.id == id }) {
      let known = actives.map { "\($0.id)" }.joined(separator: ", ")
      throw ValidationError("--keep \(id): \(view.address) has the active permissions \(known)")
    }
    dropped = actives.filter { !keep.contains($0.id) }
    let restricted = AccountPermission(
      id: 2, name: Self.permissionName, threshold: 1, operations: .rental, keys: [.init(address: hotKey, weight: 1)])
    update = try PermissionUpdate(
      account: view.address, owner: owner, witness: permissions.first { $0.id == 1 },
      actives: [restricted] + actives.filter { keep.contains($0.id) })
    raw = RawTransaction(
      referencing: try BlockID(hex: view.referenceBlock),
      expiration: view.headTimeMs + Int64(lifetimeSeconds) * 1000, timestamp: view.headTimeMs,
      contract: .updatePermissions(update))
  }

  var output: Output {
    Output(
      txid: raw.id.hex, raw_data_hex: Hex.encode(raw.encoded()),
      expires_at: Date(timeIntervalSince1970: Double(raw.expiration) / 1000), permission_id: 2)
  }

  /// Lines for a person.
  var explanation: [String] {
    var lines = [
      "This transaction replaces ALL permissions of \(view.address) by the following:",
      "  owner: \(Self.words(update.owner))",
    ]
    if let witness = update.witness { lines.append("  witness: \(Self.words(witness))") }
    for active in update.actives {
      lines.append("  active \(active.id) (\(active.name)): \(Self.words(active)); \(Self.types(active))")
    }
    for active in dropped {
      lines.append("  taken away: active \(active.id) (\(active.name)), \(Self.words(active))")
    }
    lines.append("It costs \(Self.trx(view.updateFee)) TRX; the account has \(Self.trx(view.balance)).")
    if view.balance < view.updateFee {
      lines.append("WARNING: that is too little. Send the account TRX first, or the chain refuses it.")
    }
    let scope = KeyScope(
      of: hotKey, for: view.address, [update.owner] + [update.witness].compactMap { $0 } + update.actives,
      permissionID: 2)
    for excess in scope.excess { lines.append("WARNING: the hot key stays more than restricted: \(excess).") }
    lines.append(
      "Signatures of the owner's keys that weigh \(update.owner.threshold) together make it valid; compare the txid on "
        + "the machine that signs.")
    return lines
  }

  private static func words(_ permission: AccountPermission) -> String {
    permission.keys.map { "\($0.address) weight \($0.weight)" }.joined(separator: ", ")
      + ", threshold \(permission.threshold)"
  }

  private static func types(_ permission: AccountPermission) -> String {
    let types = permission.operations?.contractTypes.sorted() ?? []
    return "allows " + types.map { KeyScope.name(ofType: $0) }.joined(separator: ", ")
  }

  private static func trx(_ amount: Sun) -> String { "\(amount.value / Sun.perTRX)" }
}
