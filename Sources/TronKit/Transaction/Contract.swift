/// What a transaction does. The kinds this library makes or looks for are spelled out; every other is carried as it is.
public enum Contract: Hashable, Sendable {
  /// Sends TRX.
  case transfer(owner: TronAddress, to: TronAddress, amount: Sun)
  /// Calls a smart contract, such as a TRC-20 token.
  case triggerSmartContract(SmartContractCall)
  /// Lends the resource of `balance` staked sun. `lockPeriod` counts blocks; 0 with `lock` is the chain's default.
  case delegateResource(
    owner: TronAddress, receiver: TronAddress, resource: ResourceCode, balance: Sun, lock: Bool, lockPeriod: Int64)
  /// Takes lent stake back.
  case undelegateResource(owner: TronAddress, receiver: TronAddress, resource: ResourceCode, balance: Sun)
  /// Stakes TRX.
  case freezeBalance(owner: TronAddress, resource: ResourceCode, balance: Sun)
  /// Begins to unstake TRX, which takes 14 days (`getUnfreezeDelayDays`).
  case unfreezeBalance(owner: TronAddress, resource: ResourceCode, balance: Sun)
  /// Makes TRX liquid whose 14 days are over.
  case withdrawExpireUnfreeze(owner: TronAddress)
  /// Replaces who may sign for an account.
  case updatePermissions(PermissionUpdate)
  /// Any other kind, and one of the above that carries something not understood.
  case unknown(type: Int, typeURL: String, value: [UInt8])

  /// The number in the protocol's enum.
  public var type: Int {
    switch self {
    case .transfer: 1
    case .triggerSmartContract: 31
    case .updatePermissions: 46
    case .freezeBalance: 54
    case .unfreezeBalance: 55
    case .withdrawExpireUnfreeze: 56
    case .delegateResource: 57
    case .undelegateResource: 58
    case .unknown(let type, _, _): type
    }
  }

  /// What stands in the transaction before the contract's fields.
  public var typeURL: String {
    switch self {
    case .transfer: "type.googleapis.com/protocol.TransferContract"
    case .triggerSmartContract: "type.googleapis.com/protocol.TriggerSmartContract"
    case .updatePermissions: "type.googleapis.com/protocol.AccountPermissionUpdateContract"
    case .freezeBalance: "type.googleapis.com/protocol.FreezeBalanceV2Contract"
    case .unfreezeBalance: "type.googleapis.com/protocol.UnfreezeBalanceV2Contract"
    case .withdrawExpireUnfreeze: "type.googleapis.com/protocol.WithdrawExpireUnfreezeContract"
    case .delegateResource: "type.googleapis.com/protocol.DelegateResourceContract"
    case .undelegateResource: "type.googleapis.com/protocol.UnDelegateResourceContract"
    case .unknown(_, let typeURL, _): typeURL
    }
  }

  /// The protocol's name, such as `DelegateResourceContract`.
  public var name: String { String(typeURL.split(separator: ".").last ?? "") }

  /// Whose account it acts on. Nil where the program does not know the kind.
  public var owner: TronAddress? {
    switch self {
    case .transfer(let owner, _, _), .delegateResource(let owner, _, _, _, _, _),
      .undelegateResource(let owner, _, _, _), .freezeBalance(let owner, _, _), .unfreezeBalance(let owner, _, _),
      .withdrawExpireUnfreeze(let owner):
      owner
    case .triggerSmartContract(let call): call.owner
    case .updatePermissions(let update): update.account
    case .unknown: nil
    }
  }

  /// The message inside `Any`, in canonical bytes.
  public func encodedValue() -> [UInt8] {
    var writer = ProtobufWriter()
    write(to: &writer)
    return writer.bytes
  }

  func write(to writer: inout ProtobufWriter) {
    switch self {
    case .transfer(let owner, let to, let amount):
      writer.data(1, owner.bytes)
      writer.data(2, to.bytes)
      writer.integer(3, amount.value)
    case .triggerSmartContract(let call): call.write(to: &writer)
    case .updatePermissions(let update): update.write(to: &writer)
    case .delegateResource(let owner, let receiver, let resource, let balance, let lock, let lockPeriod):
      writer.data(1, owner.bytes)
      writer.integer(2, Int64(resource.rawValue))
      writer.integer(3, balance.value)
      writer.data(4, receiver.bytes)
      writer.bool(5, lock)
      writer.integer(6, lockPeriod)
    case .undelegateResource(let owner, let receiver, let resource, let balance):
      writer.data(1, owner.bytes)
      writer.integer(2, Int64(resource.rawValue))
      writer.integer(3, balance.value)
      writer.data(4, receiver.bytes)
    case .freezeBalance(let owner, let resource, let balance), .unfreezeBalance(let owner, let resource, let balance):
      writer.data(1, owner.bytes)
      writer.integer(2, balance.value)
      writer.integer(3, Int64(resource.rawValue))
    case .withdrawExpireUnfreeze(let owner):
      writer.data(1, owner.bytes)
    case .unknown(_, _, let value):
      writer.append(value)
    }
  }
}
