/// An activated account as a node describes it.
public struct ChainAccount: Hashable, Sendable {
  public let address: TronAddress
  /// Energy cannot be delegated to a contract.
  public let isContract: Bool
  /// Liquid TRX.
  public let balance: Sun
  /// Staked for energy and not lent.
  public let frozenEnergy: Sun
  /// Staked for bandwidth and not lent.
  public let frozenBandwidth: Sun
  /// Staked for votes alone.
  public let frozenVotes: Sun
  /// Given up as stake: on its way to the balance, or ready to be withdrawn to it.
  public let unstaking: Sun
  /// Staked for energy and lent to others.
  public let delegatedEnergy: Sun
  public let delegatedBandwidth: Sun
  /// Lent to this account by others.
  public let acquiredEnergy: Sun
  public let acquiredBandwidth: Sun
  public let ownerPermission: AccountPermission?
  /// Of super representatives only.
  public let witnessPermission: AccountPermission?
  public let activePermissions: [AccountPermission]

  public init(
    address: TronAddress, isContract: Bool = false, balance: Sun = .zero, frozenEnergy: Sun = .zero,
    frozenBandwidth: Sun = .zero, frozenVotes: Sun = .zero, unstaking: Sun = .zero, delegatedEnergy: Sun = .zero,
    delegatedBandwidth: Sun = .zero, acquiredEnergy: Sun = .zero, acquiredBandwidth: Sun = .zero,
    ownerPermission: AccountPermission? = nil, witnessPermission: AccountPermission? = nil,
    activePermissions: [AccountPermission] = []
  ) {
    self.address = address
    self.isContract = isContract
    self.balance = balance
    self.frozenEnergy = frozenEnergy
    self.frozenBandwidth = frozenBandwidth
    self.frozenVotes = frozenVotes
    self.unstaking = unstaking
    self.delegatedEnergy = delegatedEnergy
    self.delegatedBandwidth = delegatedBandwidth
    self.acquiredEnergy = acquiredEnergy
    self.acquiredBandwidth = acquiredBandwidth
    self.ownerPermission = ownerPermission
    self.witnessPermission = witnessPermission
    self.activePermissions = activePermissions
  }

  /// All its stake, lent to others or not.
  public func staked() throws(AmountError) -> Sun {
    try frozenEnergy.adding(frozenBandwidth).adding(frozenVotes).adding(delegatedEnergy).adding(delegatedBandwidth)
  }

  /// Whether a key may sign this kind of contract alone under a permission of the account.
  public func permits(_ signer: TronAddress, _ contract: Contract, permissionID: Int32) -> Bool {
    let all = activePermissions + (ownerPermission.map { [$0] } ?? [])
    guard let permission = all.first(where: { $0.id == permissionID }) else { return false }
    let isAllowed = permission.operations?.allows(contract) ?? (permissionID == 0)
    return isAllowed && permission.keys.contains { $0.address == signer && $0.weight >= permission.threshold }
  }
}

/// Who may sign for an account, and what.
public struct AccountPermission: Hashable, Sendable {
  public struct Key: Hashable, Sendable {
    public let address: TronAddress
    public let weight: Int64

    public init(address: TronAddress, weight: Int64) {
      self.address = address
      self.weight = weight
    }
  }

  /// 0 owner, 1 witness, from 2 on active.
  public let id: Int32
  public let name: String
  /// The sum of weights that signatures must reach.
  public let threshold: Int64
  /// Nil for the owner permission, which allows everything.
  public let operations: PermissionOperations?
  public let keys: [Key]

  public init(id: Int32, name: String, threshold: Int64, operations: PermissionOperations?, keys: [Key]) {
    self.id = id
    self.name = name
    self.threshold = threshold
    self.operations = operations
    self.keys = keys
  }
}

/// The JSON of `/wallet/getaccount`; `{}` for an address that is not activated.
struct AccountAnswer: Decodable {
  struct Frozen: Decodable {
    var type: String?
    var amount: Int64?
  }

  struct Unfrozen: Decodable {
    var unfreeze_amount: Int64?
  }

  struct Resource: Decodable {
    var delegated_frozenV2_balance_for_energy: Int64?
    var acquired_delegated_frozenV2_balance_for_energy: Int64?
  }

  struct Permission: Decodable {
    struct Key: Decodable {
      var address: TronAddress
      var weight: Int64?
    }

    var id: Int32?
    var permission_name: String?
    var threshold: Int64?
    var operations: String?
    var keys: [Key]?

    func permission() throws -> AccountPermission {
      AccountPermission(
        id: id ?? 0, name: permission_name ?? "", threshold: threshold ?? 0,
        operations: try operations.map { try PermissionOperations(hex: $0) },
        keys: (keys ?? []).map { .init(address: $0.address, weight: $0.weight ?? 0) })
    }
  }

  var address: TronAddress?
  var type: String?
  var balance: Int64?
  var frozenV2: [Frozen]?
  var unfrozenV2: [Unfrozen]?
  var account_resource: Resource?
  var delegated_frozenV2_balance_for_bandwidth: Int64?
  var acquired_delegated_frozenV2_balance_for_bandwidth: Int64?
  var owner_permission: Permission?
  var witness_permission: Permission?
  var active_permission: [Permission]?

  func account() throws -> ChainAccount? {
    guard let address else { return nil }
    return ChainAccount(
      address: address, isContract: type == "Contract", balance: try NodeNumber.sun(balance, "balance"),
      frozenEnergy: try frozen("ENERGY"), frozenBandwidth: try frozen(nil),
      frozenVotes: try frozen("TRON_POWER"),
      unstaking: try (unfrozenV2 ?? []).reduce(.zero) {
        try $0.adding(try NodeNumber.sun($1.unfreeze_amount, "unfrozenV2"))
      },
      delegatedEnergy: try NodeNumber.sun(account_resource?.delegated_frozenV2_balance_for_energy, "delegated energy"),
      delegatedBandwidth: try NodeNumber.sun(delegated_frozenV2_balance_for_bandwidth, "delegated bandwidth"),
      acquiredEnergy: try NodeNumber.sun(
        account_resource?.acquired_delegated_frozenV2_balance_for_energy, "acquired energy"),
      acquiredBandwidth: try NodeNumber.sun(acquired_delegated_frozenV2_balance_for_bandwidth, "acquired bandwidth"),
      ownerPermission: try owner_permission?.permission(),
      witnessPermission: try witness_permission?.permission(),
      activePermissions: try (active_permission ?? []).map { try $0.permission() })
  }

  /// An entry without a type is bandwidth.
  private func frozen(_ wanted: String?) throws -> Sun {
    let entries = (frozenV2 ?? []).filter { $0.type == wanted || (wanted == nil && $0.type == "BANDWIDTH") }
    return try entries.reduce(.zero) { try $0.adding(try NodeNumber.sun($1.amount, "frozenV2")) }
  }
}
