/// Contract types by their protobuf number (Tron.proto, Transaction.Contract.ContractType).
enum ContractType {
  static let transfer: Int64 = 1
  static let triggerSmartContract: Int64 = 31
  static let permissionUpdate: Int64 = 46
  static let freezeBalanceV2: Int64 = 54
  static let unfreezeBalanceV2: Int64 = 55
  static let withdrawExpireUnfreeze: Int64 = 56
  static let delegateResource: Int64 = 57
  static let unDelegateResource: Int64 = 58

  static let names: [Int64: String] = [
    0: "AccountCreateContract", 1: "TransferContract", 2: "TransferAssetContract", 3: "VoteAssetContract",
    4: "VoteWitnessContract", 5: "WitnessCreateContract", 6: "AssetIssueContract", 8: "WitnessUpdateContract",
    9: "ParticipateAssetIssueContract", 10: "AccountUpdateContract", 11: "FreezeBalanceContract",
    12: "UnfreezeBalanceContract", 13: "WithdrawBalanceContract", 14: "UnfreezeAssetContract",
    15: "UpdateAssetContract", 16: "ProposalCreateContract", 17: "ProposalApproveContract",
    18: "ProposalDeleteContract", 19: "SetAccountIdContract", 30: "CreateSmartContract", 31: "TriggerSmartContract",
    33: "UpdateSettingContract", 41: "ExchangeCreateContract", 42: "ExchangeInjectContract",
    43: "ExchangeWithdrawContract", 44: "ExchangeTransactionContract", 45: "UpdateEnergyLimitContract",
    46: "AccountPermissionUpdateContract", 48: "ClearABIContract", 49: "UpdateBrokerageContract",
    51: "ShieldedTransferContract", 52: "MarketSellAssetContract", 53: "MarketCancelOrderContract",
    54: "FreezeBalanceV2Contract", 55: "UnfreezeBalanceV2Contract", 56: "WithdrawExpireUnfreezeContract",
    57: "DelegateResourceContract", 58: "UnDelegateResourceContract", 59: "CancelAllUnfreezeV2Contract",
  ]

  static func name(of type: Int64) -> String { names[type] ?? "UnknownContract\(type)" }
}
