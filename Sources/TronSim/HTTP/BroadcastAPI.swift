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

  /// The permission that a transaction names and the id it has. Signatures are not weighed.
  func signWeight(_ parameters: APIParameters) throws(APIError) -> JSON {
    let transaction = try TransactionJSONReader.transaction(parameters.object)
    let printed = TransactionJSON.transaction(transaction, visible: parameters.visible, included: false)
    let account = transaction.call.flatMap { Address(bytes: $0.owner) }.flatMap { owner in
      node.read { $0.state.accounts[owner] }
    }
    var object = JSONObject()
    if let permission = account?.permission(transaction.raw.contracts.first?.permissionID ?? 0) {
      object.set("result", .object([]))
      object.set("permission", AccountJSON.permission(permission, visible: parameters.visible))
    } else {
      object.set("result", ["code": "PERMISSION_ERROR", "message": "permission isn't exit"])
    }
    object.set(
      "transaction",
      ["result": ["result": true], "txid": .string(transaction.id.hex), "transaction": printed])
    return object.json
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
        "transaction", .string(TransactionJSON.transaction(transaction, visible: false, included: false).text))
    }
    return object.json
  }
}
