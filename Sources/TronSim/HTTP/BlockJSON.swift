/// Blocks as java-tron prints them.
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
        nonEmpty: block.entries.map { TransactionJSON.included($0, visible: visible) })
    }
    return object.json
  }
}
