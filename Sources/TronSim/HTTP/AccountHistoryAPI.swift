/// TronGrid's lists of an account: `/v1/accounts/{a}/transactions` and `/v1/accounts/{a}/transactions/trc20`.
struct AccountHistoryAPI {
  private typealias Position = AccountHistory.Position
  static let limitDefault = 20
  static let limitMaximum = 200

  let chain: Chain
  let address: Address
  let parameters: APIParameters
  /// What stands before the query, for the link to the next page.
  let path: String

  func transactions() -> APIReply {
    list(chain.history.transactions[address] ?? []) { position, block, entry in
      guard position.log == 0 else { return internalTransfer(entry, position.log - 1, in: block) }
      guard isWanted(from: entry.transaction.call?.owner, to: entry.transaction.call?.counterparty) else { return nil }
      return transaction(entry, in: block)
    }
  }

  func tokens() -> APIReply {
    list(chain.history.events[address] ?? []) { position, block, entry in
      guard let log = entry.receipt.execution?.logs[position.log], log.topics.count == 3,
        let from = log.topics[1].address, let to = log.topics[2].address,
        isWanted(from: from.bytes, to: to.bytes), isOfWantedContract(log)
      else { return nil }
      return event(log, from: from, to: to, entry, in: block)
    }
  }

  // MARK: Choosing

  /// - Parameter row: `nil` for what the question leaves out.
  private func list(
    _ positions: [Position], _ row: (Position, Block, Block.Entry) -> JSON?
  ) -> APIReply {
    let isAscending = parameters.string("order_by") == "block_timestamp,asc"
    var after: Position?
    if let text = parameters.string("fingerprint"), !text.isEmpty {
      guard let position = Self.position(text) else {
        return APIReply(["success": false, "error": "Invalid fingerprint.", "statusCode": 400], status: 400)
      }
      after = position
    }
    let limit = max(1, min(Self.limitMaximum, Int(parameters.int("limit") ?? Int64(Self.limitDefault))))
    var rows: [JSON] = []
    var last: Position?
    for position in isAscending ? positions : positions.reversed() {
      if let after, isAscending ? position <= after : position >= after { continue }
      guard let block = chain.block(position.block), isWanted(block),
        let row = row(position, block, block.entries[position.index])
      else { continue }
      guard rows.count < limit else { return page(rows, next: last) }
      rows.append(row)
      last = position
    }
    return page(rows, next: nil)
  }

  private func isWanted(_ block: Block) -> Bool {
    let isConfirmed = block.number <= chain.solidNumber
    if parameters.bool("only_confirmed"), !isConfirmed { return false }
    if parameters.bool("only_unconfirmed"), isConfirmed { return false }
    if let earliest = parameters.int("min_timestamp"), block.timestampMs < earliest { return false }
    if let latest = parameters.int("max_timestamp"), block.timestampMs > latest { return false }
    return true
  }

  private func isWanted(from: [UInt8]?, to: [UInt8]?) -> Bool {
    if parameters.bool("only_from"), from != address.bytes { return false }
    if parameters.bool("only_to"), to != address.bytes { return false }
    return true
  }

  private func isOfWantedContract(_ log: EventLog) -> Bool {
    guard let text = parameters.string("contract_address"), !text.isEmpty else { return true }
    return Address(text: text) == log.contract
  }

  // MARK: Printing

  private func page(_ rows: [JSON], next: Position?) -> APIReply {
    var meta = JSONObject()
    meta.set("at", .int(chain.head.timestampMs))
    if let next {
      let fingerprint = Self.text(next)
      meta.set("fingerprint", .string(fingerprint))
      meta.set("links", ["next": .string(parameters.link(path, fingerprint: fingerprint))])
    }
    meta.set("page_size", .int(Int64(rows.count)))
    return APIReply(["data": .array(rows), "success": true, "meta": meta.json])
  }

  private static func text(_ position: Position) -> String {
    Hex.encode("\(position.block).\(position.index).\(position.log)".utf8)
  }

  private static func position(_ text: String) -> Position? {
    guard let bytes = Hex.decode(text) else { return nil }
    let parts = String(decoding: bytes, as: UTF8.self).split(separator: ".").map { Int64($0) }
    guard parts.count == 3, let block = parts[0], let index = parts[1], let log = parts[2] else { return nil }
    return Position(block: block, index: Int(index), log: Int(log))
  }

  private func transaction(_ entry: Block.Entry, in block: Block) -> JSON {
    let receipt = entry.receipt
    let ret: JSON = ["contractRet": .string(receipt.outcome.name), "fee": .int(receipt.fee)]
    var members: [(key: String, value: JSON)] = [(key: "ret", value: [ret])]
    if case .object(let printed) = TransactionJSON.transaction(entry.transaction, visible: false) { members += printed }
    let numbers: [(String, Int64)] = [
      ("net_usage", receipt.netUsage), ("net_fee", receipt.netFee), ("blockNumber", block.number),
      ("block_timestamp", block.timestampMs), ("energy_usage", receipt.execution?.energyUsage ?? 0),
      ("energy_fee", receipt.execution?.energyFee ?? 0), ("energy_usage_total", receipt.execution?.energy ?? 0),
    ]
    members += numbers.map { (key: $0.0, value: .int($0.1)) }
    members.append((key: "internal_transactions", value: []))
    return .object(members)
  }

  /// TRX that a contract sent on. Rows of another shape amid the others, as TronGrid mixes them.
  private func internalTransfer(_ entry: Block.Entry, _ number: Int, in block: Block) -> JSON? {
    guard parameters.string("search_internal") != "false",
      let transfer = entry.receipt.execution?.transfers[number],
      isWanted(from: transfer.from.bytes, to: transfer.to.bytes)
    else { return nil }
    return [
      "internal_tx_id": .string(TransactionInfoJSON.internalID(number, entry)),
      "tx_id": .string(entry.transaction.id.hex), "block_timestamp": .int(block.timestampMs),
      "from_address": .string(transfer.from.hex), "to_address": .string(transfer.to.hex),
      "data": ["note": "call", "rejected": false, "call_value": ["_": .int(transfer.amount)]],
    ]
  }

  private func event(_ log: EventLog, from: Address, to: Address, _ entry: Block.Entry, in block: Block) -> JSON {
    [
      "transaction_id": .string(entry.transaction.id.hex),
      "token_info": [
        "symbol": .string(ChainState.tokenSymbol), "address": .string(log.contract.base58),
        "decimals": .int(ChainState.tokenDecimals), "name": .string(ChainState.tokenName),
      ],
      "block_timestamp": .int(block.timestampMs), "from": .string(from.base58), "to": .string(to.base58),
      "type": .string(log.topics[0] == TokenEvent.approval ? "Approval" : "Transfer"),
      "value": .string(Word(log.data).decimal),
    ]
  }
}
