/// What a transaction's one contract asks for, decoded from the `Any` value. Addresses stay raw bytes because the
/// chain, not the decoder, decides that one is invalid.
enum ContractCall: Sendable {
  struct Transfer: Sendable {
    var owner: [UInt8] = []
    var to: [UInt8] = []
    /// sun
    var amount: Int64 = 0
  }

  struct Delegate: Sendable {
    var owner: [UInt8] = []
    var resource: Int64 = 0
    /// staked sun
    var balance: Int64 = 0
    var receiver: [UInt8] = []
    var lock = false
    /// blocks of 3 s
    var lockPeriod: Int64 = 0
  }

  struct UnDelegate: Sendable {
    var owner: [UInt8] = []
    var resource: Int64 = 0
    /// staked sun
    var balance: Int64 = 0
    var receiver: [UInt8] = []
  }

  /// FreezeBalanceV2 and UnfreezeBalanceV2 have the same fields.
  struct Stake: Sendable {
    var owner: [UInt8] = []
    /// sun
    var balance: Int64 = 0
    var resource: Int64 = 0
  }

  struct PermissionUpdate: Sendable {
    var account: [UInt8] = []
    var owner: Permission?
    var witness: Permission?
    var actives: [Permission] = []
  }

  /// TriggerSmartContract.
  struct Trigger: Sendable {
    var owner: [UInt8] = []
    var contract: [UInt8] = []
    /// sun
    var value: Int64 = 0
    /// Selector and arguments.
    var data: [UInt8] = []
    var tokenValue: Int64 = 0
    var tokenID: Int64 = 0
  }

  /// A contract that names nobody but its owner: WithdrawExpireUnfreeze.
  struct Owner: Sendable {
    var owner: [UInt8] = []
  }

  case transfer(Transfer)
  case delegate(Delegate)
  case unDelegate(UnDelegate)
  case freeze(Stake)
  case unfreeze(Stake)
  case withdrawExpired(Owner)
  case permissionUpdate(PermissionUpdate)
  case trigger(Trigger)
  /// A contract the simulator does not execute.
  case other(owner: [UInt8])

  var owner: [UInt8] {
    switch self {
    case .transfer(let call): call.owner
    case .delegate(let call): call.owner
    case .unDelegate(let call): call.owner
    case .freeze(let call), .unfreeze(let call): call.owner
    case .withdrawExpired(let call): call.owner
    case .permissionUpdate(let call): call.account
    case .trigger(let call): call.owner
    case .other(let owner): owner
    }
  }

  /// The second account that the call changes.
  var counterparty: [UInt8]? {
    switch self {
    case .transfer(let call): call.to
    case .delegate(let call): call.receiver
    case .unDelegate(let call): call.receiver
    case .freeze, .unfreeze, .withdrawExpired, .permissionUpdate, .trigger, .other: nil
    }
  }
}
