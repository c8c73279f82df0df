/// What a transaction cost and did, as `gettransactioninfobyid` prints it.
enum TransactionInfoJSON {
  static func info(_ entry: Block.Entry, in block: Block, visible: Bool) -> JSON {
    let receipt = entry.receipt
    let execution = receipt.execution
    var object = JSONObject()
    object.set("id", .string(entry.transaction.id.hex))
    object.set("fee", nonZero: receipt.fee)
    object.set("blockNumber", nonZero: block.number)
    object.set("blockTimeStamp", nonZero: block.timestampMs)
    object.set("contractResult", [.string(Hex.encode(execution?.output ?? []))])
    if let contract = execution?.contract {
      object.set("contract_address", .string(contract.text(visible: visible)))
    }
    object.set("receipt", costs(receipt))
    object.set("log", nonEmpty: (execution?.logs ?? []).map { log($0, visible: visible) })
    if let execution, execution.outcome != .success {
      object.set("result", "FAILED")
      object.set("resMessage", .string(visible ? execution.message : Hex.encode(execution.message.utf8)))
    }
    object.set(
      "internal_transactions",
      nonEmpty: (execution?.transfers ?? []).enumerated().map { internalTransaction($1, $0, entry, visible: visible) })
    object.set("withdraw_expire_amount", nonZero: receipt.withdrawn)
    return object.json
  }

  /// Names the call by its place in the transaction.
  static func internalID(_ number: Int, _ entry: Block.Entry) -> String {
    Hex.encode(Keccak256.hash(entry.transaction.id.bytes + [UInt8(truncatingIfNeeded: number)]))
  }

  private static func internalTransaction(
    _ transfer: InternalTransfer, _ number: Int, _ entry: Block.Entry, visible: Bool
  ) -> JSON {
    [
      "hash": .string(internalID(number, entry)), "caller_address": .string(transfer.from.text(visible: visible)),
      "transferTo_address": .string(transfer.to.text(visible: visible)),
      "callValueInfo": [["callValue": .int(transfer.amount)]], "note": .string(Hex.encode("call".utf8)),
    ]
  }

  private static func costs(_ receipt: Receipt) -> JSON {
    var object = JSONObject()
    if let execution = receipt.execution {
      object.set("energy_usage", nonZero: execution.energyUsage)
      object.set("energy_fee", nonZero: execution.energyFee)
      object.set("energy_usage_total", nonZero: execution.energy)
    }
    object.set("net_usage", nonZero: receipt.netUsage)
    object.set("net_fee", nonZero: receipt.netFee)
    if let execution = receipt.execution {
      object.set("result", .string(execution.outcome.name))
      object.set("energy_penalty_total", nonZero: execution.penalty)
    }
    return object.json
  }

  /// The contract's address lacks its first byte unless addresses are printed in base58
  /// (java-tron: Util.convertLogAddressToTronAddress).
  static func log(_ log: EventLog, visible: Bool) -> JSON {
    [
      "address": .string(visible ? log.contract.base58 : Hex.encode(log.contract.bytes.dropFirst())),
      "topics": .array(log.topics.map { .string(Hex.encode($0.bytes)) }), "data": .string(Hex.encode(log.data)),
    ]
  }
}
