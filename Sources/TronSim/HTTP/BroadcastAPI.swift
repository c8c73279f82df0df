/// `/wallet/broadcasthex`, `/wallet/broadcasttransaction` and, for clients that ask it for a transaction's id,
/// `/wallet/getsignweight`.
struct BroadcastAPI {
  let node: Peer

  func broadcastHex(_ parameters: APIParameters) throws(APIError) -> JSON {
    guard let bytes = Hex.decode(parameters.string("transaction") ?? ""), !bytes.isEmpty else {
      throw .nullPointer
    }
    let transaction: Transaction
    do {
      transaction = try Transaction(decoding: bytes)
    } catch {
      throw .java("com.google.protobuf.InvalidProtocolBufferException", error.reason)
    }
    // The text of this call is UTF-8 whatever `visible` says, and the transaction a string with JSON in it.
    return answer(transaction, visible: true, echo: true)
  }

  func broadcastTransaction(_ parameters: APIParameters) throws(APIError) -> JSON {
    let transaction = try TransactionJSONReader.transaction(parameters.object)
    return answer(transaction, visible: parameters.visible, echo: false)
  }

  /// Whose signatures a transaction has and whether they are enough; and its id, for clients that do not hash.
  func signWeight(_ parameters: APIParameters) throws(APIError) -> JSON {
    let transaction = try TransactionJSONReader.transaction(parameters.object)
    let visible = parameters.visible
    let state = node.read { $0.state }
    var result = JSONObject()
    var object = JSONObject()
    do {
      let permission = try namedPermission(transaction, state)
      object.set("permission", AccountJSON.permission(permission, visible: visible))
      var weight: Int64 = 0
      if !transaction.signatures.isEmpty {
        let weighed = try state.weigh(transaction, by: permission)
        object.set("approved_list", .array(weighed.signers.map { .string($0.text(visible: visible)) }))
        object.set("current_weight", nonZero: weighed.weight)
        weight = weighed.weight
      }
      if weight < permission.threshold { result.set("code", "NOT_ENOUGH_PERMISSION") }
    } catch {
      result.set("code", "PERMISSION_ERROR")
      result.set("message", .string(error.message.replacing("Validate signature error: ", with: "")))
    }
    object.set("result", result.json)
    object.set(
      "transaction",
      [
        "result": ["result": true], "txid": .string(transaction.id.hex),
        "transaction": TransactionJSON.transaction(transaction, visible: visible),
      ])
    return object.json
  }

  private func namedPermission(_ transaction: Transaction, _ state: ChainState) throws(Refusal) -> Permission {
    guard let call = transaction.call, let contract = transaction.raw.contracts.first,
      let account = Address(bytes: call.owner).flatMap({ state.accounts[$0] })
    else { throw .signature("Account does not exist!") }
    guard let permission = account.permission(contract.permissionID) else {
      throw .signature("Permission for this, does not exist!")
    }
    if contract.permissionID != 0 {
      guard permission.type == Permission.active else { throw .signature("Permission type is wrong!") }
      guard permission.allows(contract.type) else { throw .signature("Permission denied!") }
    }
    return permission
  }

  private func answer(_ transaction: Transaction, visible: Bool, echo: Bool) -> JSON {
    var object = JSONObject()
    do {
      try node.broadcast(transaction)
      object.set("result", true)
      object.set("code", "SUCCESS")
      object.set("txid", .string(transaction.id.hex))
    } catch {
      if echo { object.set("result", false) }
      object.set("code", .string(error.code.rawValue))
      object.set("txid", .string(transaction.id.hex))
      object.set("message", .string(visible ? error.message : Hex.encode(error.message.utf8)))
    }
    if echo {
      object.set(
        "transaction", .string(TransactionJSON.transaction(transaction, visible: false).text))
    }
    return object.json
  }
}
