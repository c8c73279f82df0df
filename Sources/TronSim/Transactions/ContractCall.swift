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

  case transfer(Transfer)
  case delegate(Delegate)
  case unDelegate(UnDelegate)
  case freeze(Stake)
  case unfreeze(Stake)
  case permissionUpdate(PermissionUpdate)
  /// A contract the simulator does not execute.
  case other(owner: [UInt8])

  var owner: [UInt8] {
    switch self {
    case .transfer(let call): call.owner
    case .delegate(let call): call.owner
    case .unDelegate(let call): call.owner
    case .freeze(let call), .unfreeze(let call): call.owner
    case .permissionUpdate(let call): call.account
    case .other(let owner): owner
    }
  }

  /// The second account that the call changes.
  var counterparty: [UInt8]? {
    switch self {
    case .transfer(let call): call.to
    case .delegate(let call): call.receiver
    case .unDelegate(let call): call.receiver
    case .freeze, .unfreeze, .permissionUpdate, .other: nil
    }
  }
}

extension ContractCall {
  init(type: Int64, value: [UInt8]) throws(ProtobufReader.Malformed) {
    let fields = try ProtobufReader.fields(of: value)
    switch type {
    case ContractType.transfer:
      var call = Transfer()
      for field in fields {
        switch field.number {
        case 1: call.owner = try field.data()
        case 2: call.to = try field.data()
        case 3: call.amount = try field.int64()
        default: break
        }
      }
      self = .transfer(call)
    case ContractType.delegateResource: self = .delegate(try Self.delegate(fields))
    case ContractType.unDelegateResource:
      let call = try Self.delegate(fields)
      self = .unDelegate(
        UnDelegate(owner: call.owner, resource: call.resource, balance: call.balance, receiver: call.receiver))
    case ContractType.freezeBalanceV2, ContractType.unfreezeBalanceV2:
      var call = Stake()
      for field in fields {
        switch field.number {
        case 1: call.owner = try field.data()
        case 2: call.balance = try field.int64()
        case 3: call.resource = try field.int64()
        default: break
        }
      }
      self = type == ContractType.freezeBalanceV2 ? .freeze(call) : .unfreeze(call)
    case ContractType.permissionUpdate: self = .permissionUpdate(try Self.permissionUpdate(fields))
    default:
      // Every contract but TransferAsset (2) and AccountUpdate (10, 19) has its owner in field 1.
      let ownerField = [2, 10, 19].contains(type) ? 2 : 1
      self = .other(owner: try fields.first { $0.number == ownerField }?.data() ?? [])
    }
  }

  private static func delegate(_ fields: [ProtobufReader.Field]) throws(ProtobufReader.Malformed) -> Delegate {
    var call = Delegate()
    for field in fields {
      switch field.number {
      case 1: call.owner = try field.data()
      case 2: call.resource = try field.int64()
      case 3: call.balance = try field.int64()
      case 4: call.receiver = try field.data()
      case 5: call.lock = try field.int64() != 0
      case 6: call.lockPeriod = try field.int64()
      default: break
      }
    }
    return call
  }

  private static func permissionUpdate(
    _ fields: [ProtobufReader.Field]
  ) throws(ProtobufReader.Malformed) -> PermissionUpdate {
    var call = PermissionUpdate()
    for field in fields {
      switch field.number {
      case 1: call.account = try field.data()
      case 2: call.owner = try Permission(decoding: try field.data())
      case 3: call.witness = try Permission(decoding: try field.data())
      case 4: call.actives.append(try Permission(decoding: try field.data()))
      default: break
      }
    }
    return call
  }

  /// Canonical protobuf of the value; `nil` for a contract the simulator does not know.
  var encoded: [UInt8]? {
    var writer = ProtobufWriter()
    switch self {
    case .transfer(let call):
      writer.data(1, call.owner)
      writer.data(2, call.to)
      writer.varint(3, call.amount)
    case .delegate(let call):
      writer.data(1, call.owner)
      writer.varint(2, call.resource)
      writer.varint(3, call.balance)
      writer.data(4, call.receiver)
      writer.varint(5, call.lock ? 1 : 0)
      writer.varint(6, call.lockPeriod)
    case .unDelegate(let call):
      writer.data(1, call.owner)
      writer.varint(2, call.resource)
      writer.varint(3, call.balance)
      writer.data(4, call.receiver)
    case .freeze(let call), .unfreeze(let call):
      writer.data(1, call.owner)
      writer.varint(2, call.balance)
      writer.varint(3, call.resource)
    case .permissionUpdate(let call):
      writer.data(1, call.account)
      if let owner = call.owner { writer.message(2, owner.encoded) }
      if let witness = call.witness { writer.message(3, witness.encoded) }
      for active in call.actives { writer.message(4, active.encoded) }
    case .other: return nil
    }
    return writer.bytes
  }
}
