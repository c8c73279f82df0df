/// Transactions as java-tron prints them.
enum TransactionJSON {
  /// One that is in a block, with the result that it has there.
  static func included(_ entry: Block.Entry, visible: Bool) -> JSON {
    let result: JSON = ["contractRet": .string(entry.receipt.outcome.name)]
    return .object([(key: "ret", value: [result])] + members(entry.transaction, visible: visible))
  }

  /// One that somebody is to sign. Only here java-tron says how addresses are printed.
  static func built(_ transaction: Transaction, visible: Bool) -> JSON {
    .object([(key: "visible", value: .bool(visible))] + members(transaction, visible: visible))
  }

  static func transaction(_ transaction: Transaction, visible: Bool) -> JSON {
    .object(members(transaction, visible: visible))
  }

  private static func members(_ transaction: Transaction, visible: Bool) -> [(key: String, value: JSON)] {
    var object = JSONObject()
    object.set("signature", nonEmpty: transaction.signatures.map { .string(Hex.encode($0)) })
    object.set("txID", .string(transaction.id.hex))
    object.set("raw_data", raw(transaction.raw, visible: visible))
    object.set("raw_data_hex", .string(Hex.encode(transaction.rawBytes)))
    return object.members
  }

  private static func raw(_ raw: RawTransaction, visible: Bool) -> JSON {
    var object = JSONObject()
    // The memo is no text to java-tron: hexadecimal whatever `visible` says.
    object.set("data", nonEmpty: Hex.encode(raw.data))
    object.set("contract", .array(raw.contracts.map { contract($0, visible: visible) }))
    object.set("ref_block_bytes", nonEmpty: Hex.encode(raw.refBlockBytes))
    object.set("ref_block_hash", nonEmpty: Hex.encode(raw.refBlockHash))
    object.set("expiration", nonZero: raw.expiration)
    object.set("fee_limit", nonZero: raw.feeLimit)
    object.set("timestamp", nonZero: raw.timestamp)
    return object.json
  }

  private static func contract(_ contract: RawTransaction.Contract, visible: Bool) -> JSON {
    let value: JSON
    do {
      value = call(try ContractCall(type: contract.type, value: contract.value), visible: visible)
    } catch {
      value = .object([])  // cannot happen for a transaction that was decoded; java-tron prints an empty object too
    }
    var object = JSONObject()
    object.set("parameter", ["value": value, "type_url": .string(contract.typeURL)])
    object.set("type", .string(ContractType.name(of: contract.type)))
    object.set("Permission_id", nonZero: contract.permissionID)
    return object.json
  }

  private static func call(_ call: ContractCall, visible: Bool) -> JSON {
    var object = JSONObject()
    func address(_ name: String, _ bytes: [UInt8]) {
      object.set(name, nonEmpty: AccountJSON.addressText(bytes, visible: visible))
    }
    func resource(_ code: Int64) {
      if code != 0 { object.set("resource", Resource(rawValue: code).map { .string($0.name) } ?? .int(code)) }
    }
    switch call {
    case .transfer(let call):
      object.set("amount", nonZero: call.amount)
      address("owner_address", call.owner)
      address("to_address", call.to)
    case .delegate(let call):
      address("owner_address", call.owner)
      resource(call.resource)
      object.set("balance", nonZero: call.balance)
      address("receiver_address", call.receiver)
      object.set("lock", ifTrue: call.lock)
      object.set("lock_period", nonZero: call.lockPeriod)
    case .unDelegate(let call):
      address("owner_address", call.owner)
      resource(call.resource)
      object.set("balance", nonZero: call.balance)
      address("receiver_address", call.receiver)
    case .freeze(let call):
      address("owner_address", call.owner)
      object.set("frozen_balance", nonZero: call.balance)
      resource(call.resource)
    case .unfreeze(let call):
      address("owner_address", call.owner)
      object.set("unfreeze_balance", nonZero: call.balance)
      resource(call.resource)
    case .withdrawExpired(let call): address("owner_address", call.owner)
    case .trigger(let call):
      object.set("data", nonEmpty: Hex.encode(call.data))
      object.set("token_id", nonZero: call.tokenID)
      address("owner_address", call.owner)
      object.set("call_token_value", nonZero: call.tokenValue)
      address("contract_address", call.contract)
      object.set("call_value", nonZero: call.value)
    case .permissionUpdate(let call):
      address("owner_address", call.account)
      if let owner = call.owner { object.set("owner", AccountJSON.permission(owner, visible: visible)) }
      if let witness = call.witness { object.set("witness", AccountJSON.permission(witness, visible: visible)) }
      object.set("actives", nonEmpty: call.actives.map { AccountJSON.permission($0, visible: visible) })
    case .other(let owner): address("owner_address", owner)
    }
    return object.json
  }
}
