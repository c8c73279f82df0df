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
    case ContractType.withdrawExpireUnfreeze:
      self = .withdrawExpired(Owner(owner: try fields.first { $0.number == 1 }?.data() ?? []))
    case ContractType.triggerSmartContract: self = .trigger(try Self.trigger(fields))
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

  private static func trigger(_ fields: [ProtobufReader.Field]) throws(ProtobufReader.Malformed) -> Trigger {
    var call = Trigger()
    for field in fields {
      switch field.number {
      case 1: call.owner = try field.data()
      case 2: call.contract = try field.data()
      case 3: call.value = try field.int64()
      case 4: call.data = try field.data()
      case 5: call.tokenValue = try field.int64()
      case 6: call.tokenID = try field.int64()
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
    case .withdrawExpired(let call): writer.data(1, call.owner)
    case .trigger(let call):
      writer.data(1, call.owner)
      writer.data(2, call.contract)
      writer.varint(3, call.value)
      writer.data(4, call.data)
      writer.varint(5, call.tokenValue)
      writer.varint(6, call.tokenID)
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
