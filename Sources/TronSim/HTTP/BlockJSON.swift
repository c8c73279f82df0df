/// Blocks and receipts as java-tron prints them.
enum BlockJSON {
  static func block(_ block: Block, visible: Bool, detail: Bool) -> JSON {
    let header = block.header
    var raw = JSONObject()
    raw.set("number", nonZero: header.number)
    raw.set("txTrieRoot", .string(Hex.encode(header.txTrieRoot)))
    raw.set("witness_address", .string(AccountJSON.addressText(header.witnessAddress, visible: visible)))
    raw.set("parentHash", .string(Hex.encode(header.parentHash)))
    raw.set("version", nonZero: header.version)
    raw.set("timestamp", nonZero: header.timestampMs)
    var object = JSONObject()
    object.set("blockID", .string(Hex.encode(block.id)))
    object.set("block_header", ["raw_data": raw.json, "witness_signature": .string(Hex.encode(block.witnessSignature))])
    if detail {
      object.set(
        "transactions",
        nonEmpty: block.entries.map { TransactionJSON.transaction($0.transaction, visible: visible, included: true) })
    }
    return object.json
  }

  /// TransactionInfo.
  static func info(_ entry: Block.Entry, in block: Block) -> JSON {
    var receipt = JSONObject()
    receipt.set("net_usage", nonZero: entry.receipt.netUsage)
    receipt.set("net_fee", nonZero: entry.receipt.netFee)
    var object = JSONObject()
    object.set("id", .string(entry.transaction.id.hex))
    object.set("fee", nonZero: entry.receipt.fee)
    object.set("blockNumber", nonZero: block.number)
    object.set("blockTimeStamp", nonZero: block.timestampMs)
    object.set("contractResult", [""])
    object.set("receipt", receipt.json)
    return object.json
  }
}
