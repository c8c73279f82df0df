/// What is true on the main chain, for checkers that trust no client: it never lags, forks or fails.
struct TruthAPI {
  private static let recordsMaximum: Int64 = 100_000
  private static let pageMaximum: Int64 = 10_000

  let node: Node

  // MARK: Delegations

  /// Records with a sequence of at least `from`, oldest first. A reorganisation takes records away that are not solid.
  func delegations(_ parameters: APIParameters) throws -> JSON {
    let address = try parameters.account("address")
    let from = try parameters.number("from", in: 0...Int64.max) ?? 0
    let limit = try parameters.number("limit", in: 1...Self.recordsMaximum) ?? Self.recordsMaximum
    return node.read { chain in
      let log = chain.delegationLog
      let start = Self.position(of: from, in: log)
      let records = log[start...].lazy
        .filter { address == nil || $0.from == address || $0.to == address }
        .prefix(Int(limit))
      return .array(records.map { Self.json($0, solid: chain.solidNumber) })
    }
  }

  /// Sequences grow, with gaps.
  private static func position(of sequence: Int64, in log: [DelegationRecord]) -> Int {
    var (low, high) = (0, log.count)
    while low < high {
      let middle = (low + high) / 2
      if log[middle].sequence < sequence { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func json(_ record: DelegationRecord, solid: Int64) -> JSON {
    [
      "sequence": .int(record.sequence), "txid": .string(record.transaction.hex),
      "type": .string(record.isDelegate ? "DelegateResource" : "UnDelegateResource"),
      "from": .string(record.from.base58), "to": .string(record.to.base58),
      "resource": .string(record.resource.name), "balance": .int(record.balance), "block": .int(record.block),
      "timestamp": .int(record.timestampMs), "solid": .bool(record.block <= solid),
    ]
  }

  // MARK: Ledger

  /// What is lent by whom to whom, by the head's state and by the solid one.
  func ledger(_ parameters: APIParameters) throws -> JSON {
    let from = try parameters.account("from")
    return node.read { chain in
      [
        "head": Self.ledger(chain.state, at: chain.head, from: from),
        "solid": Self.ledger(chain.solidState, at: chain.solid, from: from),
      ]
    }
  }

  private static func ledger(_ state: ChainState, at block: Block, from: Address?) -> JSON {
    let lent = state.delegations.filter { from == nil || $0.key.from == from }
    let entries: [(text: String, json: JSON)] = lent.flatMap { pair, delegation in
      [Resource.energy, .bandwidth].compactMap { resource in
        let part = delegation[resource]
        guard part.unlocked > 0 || part.locked > 0 else { return nil }
        let (lender, borrower) = (pair.from.base58, pair.to.base58)
        return (
          lender + borrower + resource.name,
          [
            "from": .string(lender), "to": .string(borrower), "resource": .string(resource.name),
            "unlocked": .int(part.unlocked), "locked": .int(part.locked), "expires_at_ms": .int(part.expiresAtMs),
          ]
        )
      }
    }
    return [
      "block": .int(block.number), "timestamp": .int(block.timestampMs),
      "entries": .array(entries.sorted { $0.text < $1.text }.map(\.json)),
    ]
  }

  // MARK: Transactions

  /// An owner's transactions in the blocks from `from_block` on, oldest first. A full page is to be asked on from the
  /// block that `next_block` names.
  func transactions(_ parameters: APIParameters) throws -> JSON {
    guard let owner = try parameters.account("owner") else {
      throw APIError.control(status: 400, "owner is missing; give an address, base58 (T…) or hex (41…)")
    }
    let from = try parameters.number("from_block", in: 0...Int64.max) ?? 0
    let limit = try parameters.number("limit", in: 1...Self.pageMaximum) ?? Self.pageMaximum
    return node.read { chain in
      var list: [JSON] = []
      for block in chain.blocks where block.number >= from {
        // Whole blocks only, so that the next page begins with a block.
        guard list.count < limit else {
          return ["transactions": .array(list), "next_block": .int(block.number)]
        }
        for entry in block.entries where entry.transaction.call?.owner == owner.bytes {
          list.append(Self.json(entry, in: block, solid: chain.solidNumber))
        }
      }
      return ["transactions": .array(list)]
    }
  }

  private static func json(_ entry: Block.Entry, in block: Block, solid: Int64) -> JSON {
    let printed = TransactionJSON.included(entry, visible: true)
    let contract = printed["raw_data"]?["contract"]?[0]
    return [
      "txid": .string(entry.transaction.id.hex), "block": .int(block.number), "timestamp": .int(block.timestampMs),
      "solid": .bool(block.number <= solid), "type": contract?["type"] ?? .null,
      "result": printed["ret"]?[0]?["contractRet"] ?? .null, "fee": .int(entry.receipt.fee),
      "value": contract?["parameter"]?["value"] ?? .null,
    ]
  }
}
