extension Contract {
  /// Never fails: what cannot be understood in full is `unknown`.
  init(type: Int, typeURL: String, value: [UInt8]) {
    let understood: Contract?
    do throws(TransactionError) {
      understood = try Self.understood(type, value)
    } catch {
      // A node would refuse such a value too; it is shown as it came.
      understood = nil
    }
    guard let understood, understood.typeURL == typeURL, understood.encodedValue() == value else {
      self = .unknown(type: type, typeURL: typeURL, value: value)
      return
    }
    self = understood
  }

  private static func understood(_ type: Int, _ value: [UInt8]) throws(TransactionError) -> Contract? {
    let list = try ProtobufReader.fields(of: value, in: "contract \(type)")
    let fields = ContractFields(list)
    guard let owner = try fields.address(1) else { return nil }
    switch type {
    case 1:
      guard let to = try fields.address(2) else { return nil }
      return .transfer(owner: owner, to: to, amount: Sun(try fields.integer(3)))
    case 31: return try SmartContractCall(owner, fields).map { .triggerSmartContract($0) }
    case 46: return try PermissionUpdate(owner, list).map { .updatePermissions($0) }
    case 54, 55:
      guard let resource = try fields.resource(3) else { return nil }
      let balance = Sun(try fields.integer(2))
      return type == 54
        ? .freezeBalance(owner: owner, resource: resource, balance: balance)
        : .unfreezeBalance(owner: owner, resource: resource, balance: balance)
    case 56: return .withdrawExpireUnfreeze(owner: owner)
    case 57, 58:
      guard let receiver = try fields.address(4), let resource = try fields.resource(2) else { return nil }
      let balance = Sun(try fields.integer(3))
      if type == 58 {
        return .undelegateResource(owner: owner, receiver: receiver, resource: resource, balance: balance)
      }
      return .delegateResource(
        owner: owner, receiver: receiver, resource: resource, balance: balance,
        lock: try fields.integer(5) != 0, lockPeriod: try fields.integer(6))
    default: return nil
    }
  }
}

/// Fields by number; as in protobuf the last of several counts, and a missing number is 0.
struct ContractFields {
  private var fields: [UInt64: ProtobufReader.Field] = [:]

  init(_ list: [ProtobufReader.Field]) {
    for field in list { fields[field.number] = field }
  }

  func integer(_ number: UInt64) throws(TransactionError) -> Int64 {
    try fields[number]?.integer("the contract") ?? 0
  }

  func data(_ number: UInt64) throws(TransactionError) -> [UInt8] {
    try fields[number]?.data("the contract") ?? []
  }

  func address(_ number: UInt64) throws(TransactionError) -> TronAddress? {
    try fields[number]?.address("the contract")
  }

  /// Nil for one that is not known here.
  func resource(_ number: UInt64) throws(TransactionError) -> ResourceCode? {
    Int(exactly: try integer(number)).flatMap { ResourceCode(rawValue: $0) }
  }
}
