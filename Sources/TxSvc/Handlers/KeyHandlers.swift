import BusKit
import Contracts
import Foundation
import TronKit

/// What operators ask about keys, and want done with them.
enum KeyHandlers {
  static func needs(_ command: RotateKeys) -> [Need] { [.row(OperatorRecord.self, command.action.key)] }

  static func rotate(_ command: RotateKeys, _ unit: UnitOfWork) throws {
    let replyTo = unit.cause?.replyTo ?? ""
    let correlation = unit.cause?.correlation ?? ""
    if let earlier = try OperatorWork.earlier(
      command.action, command: RotateKeys.messageType, subject: command.keyID, unit)
    {
      return try unit.reply(earlier, to: replyTo, correlation: correlation)
    }
    try unit.start(ReencryptKeys(command: command, replyTo: replyTo, correlation: correlation))
  }

  static func keys(_ bus: Bus, _ world: TxEnvironment) async throws -> KeysView {
    let ring = world.signer.ring
    let uses = try await KeyUse.counts(bus)
    let holders = try await KeyHolder.living(bus)
    let warnings = try await bus.read { session in
      try session.execute(
        "select address, key_warning from supplier_wallets where key_warning is not null order by address limit 100"
      ).rows.map { (try $0.string("address"), try $0.string("key_warning")) }
    }
    // Those that this replica has in their order, then what others have or a token needs.
    let others = Set(holders.flatMap(\.masterKeys)).union(uses.keys).subtracting(ring.ids).sorted()
    return KeysView(
      masters: (ring.ids + others).map { keyID in
        let isPrimary = keyID == ring.primaryID || holders.contains { $0.masterKeys.first == keyID }
        return KeysView.Master(
          keyID: keyID, isPrimary: keyID == ring.primaryID, isHeld: ring.ids.contains(keyID),
          wallets: uses[keyID] ?? 0, isRetirable: !isPrimary && uses[keyID] == nil)
      },
      replicas: holders.map {
        KeysView.Replica(
          process: $0.process, masterKeys: $0.masterKeys, sealingKeys: $0.sealingKeys, problem: $0.problem,
          seenAt: $0.seenAt)
      },
      warnings: Dictionary(warnings) { first, _ in first })
  }

  static func permissions(_ query: GetPermissions, _ world: TxEnvironment) async throws -> PermissionsView {
    let address = query.address
    let (account, head, solid, parameters) = try await world.nodes.read { node in
      async let account = node.account(address)
      async let head = node.head()
      async let solid = node.solidHead()
      async let parameters = node.chainParameters()
      return (try await account, try await head, try await solid, try await parameters)
    }
    guard let account else {
      throw QueryFailure(code: "not_activated", message: "\(address) is not activated on this chain")
    }
    guard !account.isContract else { throw QueryFailure(code: "is_contract", message: "\(address) is a contract") }
    return PermissionsView(
      address: address, balance: account.balance,
      updateFee: Sun(parameters["getUpdateAccountPermissionFee"] ?? 100 * Sun.perTRX),
      permissions: account.permissions.map { PermissionsView.Permission($0) }, referenceBlock: solid.id.hex,
      headTimeMs: head.timestamp)
  }
}

extension ChainAccount {
  /// All of them, the owner's first.
  var permissions: [AccountPermission] {
    [ownerPermission, witnessPermission].compactMap { $0 } + activePermissions
  }
}
