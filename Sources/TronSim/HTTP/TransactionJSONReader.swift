/// Reads the body of `/wallet/broadcasttransaction`. As java-tron does, it encodes `raw_data` again and believes
/// neither `txID` nor `raw_data_hex`.
struct TransactionJSONReader {
  let visible: Bool

  static func transaction(_ json: JSON) throws(APIError) -> Transaction {
    guard let raw = json["raw_data"] else { throw .nullPointer }
    let reader = TransactionJSONReader(visible: json["visible"]?.bool ?? false)
    let signatures = try (json["signature"]?.array ?? []).map { signature throws(APIError) in
      try reader.hex(signature.string)
    }
    do {
      return try Transaction(raw: try reader.raw(raw), signatures: signatures)
    } catch let error as APIError {
      throw error
    } catch {
      throw .nullPointer
    }
  }

  func hex(_ text: String?) throws(APIError) -> [UInt8] {
    guard let text else { return [] }
    guard let bytes = Hex.decode(text) else {
      throw .java("org.tron.core.services.http.JsonFormat$ParseException", "1:13: INVALID hex String")
    }
    return bytes
  }

  private func address(_ json: JSON?) throws(APIError) -> [UInt8] {
    guard let text = json?.string else { return [] }
    return visible ? try APIParameters.address(text, visible: true)?.bytes ?? [] : try hex(text)
  }

  private func raw(_ json: JSON) throws(APIError) -> RawTransaction {
    var raw = RawTransaction()
    raw.refBlockBytes = try hex(json["ref_block_bytes"]?.string)
    raw.refBlockHash = try hex(json["ref_block_hash"]?.string)
    raw.refBlockNumber = json["ref_block_num"]?.int ?? 0
    raw.expiration = json["expiration"]?.int ?? 0
    raw.timestamp = json["timestamp"]?.int ?? 0
    raw.feeLimit = json["fee_limit"]?.int ?? 0
    raw.data = try hex(json["data"]?.string)
    for contract in json["contract"]?.array ?? [] { raw.contracts.append(try self.contract(contract)) }
    return raw
  }

  private func contract(_ json: JSON) throws(APIError) -> RawTransaction.Contract {
    let name = json["type"]?.string ?? ""
    guard let type = ContractType.names.first(where: { $0.value == name })?.key,
      let parameter = json["parameter"], let value = parameter["value"]
    else { throw .nullPointer }
    guard let encoded = try call(type: type, value)?.encoded else {
      throw .plain("tron-sim reads no \(name) from JSON; send it to /wallet/broadcasthex")
    }
    var contract = RawTransaction.Contract()
    contract.type = type
    contract.typeURL = parameter["type_url"]?.string ?? "type.googleapis.com/protocol.\(name)"
    contract.value = encoded
    contract.permissionID = json["Permission_id"]?.int ?? 0
    return contract
  }

  /// `nil` for a contract that the simulator does not read from JSON.
  func call(type: Int64, _ json: JSON) throws(APIError) -> ContractCall? {
    let owner = try address(json["owner_address"])
    let resource = json["resource"]?.int ?? json["resource"]?.string.flatMap { Resource(name: $0)?.rawValue } ?? 0
    let balance = json["balance"]?.int ?? 0
    switch type {
    case ContractType.transfer:
      return .transfer(.init(owner: owner, to: try address(json["to_address"]), amount: json["amount"]?.int ?? 0))
    case ContractType.delegateResource:
      return .delegate(
        .init(
          owner: owner, resource: resource, balance: balance, receiver: try address(json["receiver_address"]),
          lock: json["lock"]?.bool ?? false, lockPeriod: json["lock_period"]?.int ?? 0))
    case ContractType.unDelegateResource:
      return .unDelegate(
        .init(owner: owner, resource: resource, balance: balance, receiver: try address(json["receiver_address"])))
    case ContractType.freezeBalanceV2:
      return .freeze(.init(owner: owner, balance: json["frozen_balance"]?.int ?? 0, resource: resource))
    case ContractType.unfreezeBalanceV2:
      return .unfreeze(.init(owner: owner, balance: json["unfreeze_balance"]?.int ?? 0, resource: resource))
    case ContractType.withdrawExpireUnfreeze: return .withdrawExpired(.init(owner: owner))
    case ContractType.triggerSmartContract:
      return .trigger(
        .init(
          owner: owner, contract: try address(json["contract_address"]), value: json["call_value"]?.int ?? 0,
          data: try hex(json["data"]?.string), tokenValue: json["call_token_value"]?.int ?? 0,
          tokenID: json["token_id"]?.int ?? 0))
    case ContractType.permissionUpdate:
      return .permissionUpdate(
        .init(
          account: owner, owner: try json["owner"].map(permission), witness: try json["witness"].map(permission),
          actives: try (json["actives"]?.array ?? []).map(permission)))
    default: return nil
    }
  }

  private func permission(_ json: JSON) throws(APIError) -> Permission {
    let types = ["Owner": Permission.owner, "Witness": Permission.witness, "Active": Permission.active]
    var permission = Permission()
    permission.type = json["type"]?.int ?? json["type"]?.string.flatMap { types[$0] } ?? 0
    permission.id = json["id"]?.int ?? 0
    permission.name = json["permission_name"]?.string ?? ""
    permission.threshold = json["threshold"]?.int ?? 0
    permission.parentID = json["parent_id"]?.int ?? 0
    permission.operations = try hex(json["operations"]?.string)
    for key in json["keys"]?.array ?? [] {
      permission.keys.append(.init(address: try address(key["address"]), weight: key["weight"]?.int ?? 0))
    }
    return permission
  }
}
