import TronKit

/// What a key may sign for an account alone, beside the two kinds of transaction that lending needs. java-tron checks
/// the permission that a transaction names: its mask, and the signatures' weights against its threshold.
public struct KeyScope: Sendable, Equatable {
  /// Under the permission that tx-svc would name.
  public let mayDelegate: Bool
  public let mayReclaim: Bool
  /// What else, in words; empty: nothing.
  public let excess: [String]

  /// - Parameters:
  ///   - permissions: all of the account's. An account without an owner permission is its own owner.
  ///   - permissionID: the one that tx-svc would name.
  public init(
    of signer: TronAddress, for account: TronAddress, _ permissions: [AccountPermission], permissionID: Int32
  ) {
    let owner = AccountPermission(
      id: 0, name: "owner", threshold: 1, operations: nil, keys: [.init(address: account, weight: 1)])
    let all = permissions.contains { $0.id == 0 } ? permissions : [owner] + permissions
    let own = all.filter { permission in
      permission.keys.contains { $0.address == signer && $0.weight >= permission.threshold }
    }
    let used = own.first { $0.id == permissionID }
    mayDelegate = used.map { $0.id == 0 || $0.operations?.contractTypes.contains(Self.delegate) ?? false } ?? false
    mayReclaim = used.map { $0.id == 0 || $0.operations?.contractTypes.contains(Self.reclaim) ?? false } ?? false
    excess = own.compactMap(Self.excess)
  }

  private static let delegate = 57
  private static let reclaim = 58

  private static func excess(_ permission: AccountPermission) -> String? {
    let name = "permission \(permission.id) (\(permission.name))"
    // The witness permission signs blocks, not transactions.
    if permission.id == 1 { return nil }
    guard permission.id != 0, let operations = permission.operations else {
      return "\(name) allows everything: spending, unstaking, and changing the permissions"
    }
    let types = operations.contractTypes.subtracting([delegate, reclaim]).sorted()
    guard !types.isEmpty else { return nil }
    return "\(name) also allows " + types.map { Self.name(ofType: $0) }.joined(separator: ", ")
  }

  /// A contract type's name in the protocol, with its number.
  public static func name(ofType type: Int) -> String { names[type].map { "\($0) (\(type))" } ?? "type \(type)" }

  /// core/Tron.proto, Transaction.Contract.ContractType.
  private static let names: [Int: String] = [
    0: "AccountCreate", 1: "Transfer", 2: "TransferAsset", 3: "VoteAsset", 4: "VoteWitness", 5: "WitnessCreate",
    6: "AssetIssue", 8: "WitnessUpdate", 9: "ParticipateAssetIssue", 10: "AccountUpdate", 11: "FreezeBalance",
    12: "UnfreezeBalance", 13: "WithdrawBalance", 14: "UnfreezeAsset", 15: "UpdateAsset", 16: "ProposalCreate",
    17: "ProposalApprove", 18: "ProposalDelete", 19: "SetAccountId", 20: "Custom", 30: "CreateSmartContract",
    31: "TriggerSmartContract", 32: "GetContract", 33: "UpdateSetting", 41: "ExchangeCreate", 42: "ExchangeInject",
    43: "ExchangeWithdraw", 44: "ExchangeTransaction", 45: "UpdateEnergyLimit", 46: "AccountPermissionUpdate",
    48: "ClearABI", 49: "UpdateBrokerage", 51: "ShieldedTransfer", 52: "MarketSellAsset", 53: "MarketCancelOrder",
    54: "FreezeBalanceV2", 55: "UnfreezeBalanceV2", 56: "WithdrawExpireUnfreeze", 57: "DelegateResource",
    58: "UnDelegateResource", 59: "CancelAllUnfreezeV2",
  ]
}
