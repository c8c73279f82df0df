/// Reads a block as java-tron answers it: its id, its header and, of each transaction, what was signed and how it
/// ended. `{}` stands for a block that does not exist.
struct BlockReader {
  /// A block is 2 MB at most and the smallest transaction has over 100 bytes.
  static let transactionsMax = 50_000

  /// What stands where a block should.
  enum Content {
    case block(ChainBlock)
    case nothing
    /// The node's own error, to be read from the same text.
    case error
  }

  private var id: BlockID?
  private var number: Int64 = 0
  private var timestamp: Int64 = 0
  private var parent: BlockID?
  private var hasTransactionRoot = false
  private var transactions: [ChainTransaction]?
  private var isError = false

  /// - Parameter isFull: whether transactions were asked for: then a block whose header names some must have them.
  static func read(_ text: [UInt8], isFull: Bool) throws -> Content {
    try JSONReader.read(text) { json in try Self.content(&json, isFull: isFull) }
  }

  /// The answer of `getblockbylimitnext`; nil for the node's own error.
  static func list(_ text: [UInt8]) throws -> [ChainBlock]? {
    var blocks: [ChainBlock]?
    var isError = false
    try JSONReader.read(text) { json in
      try json.object { json, name in
        if name == "block" {
          try once(blocks == nil, "block", json)
          blocks = []
          try json.array { json in
            switch try content(&json, isFull: true) {
            case .block(let block): blocks?.append(block)
            case .nothing: break
            case .error: throw json.fault("an error stands in the list of blocks")
            }
          }
        } else if name == "Error" || name == "error" {
          isError = true
          try json.skip()
        } else {
          try json.skip()
        }
      }
    }
    return isError ? nil : blocks ?? []
  }

  private static func content(_ json: inout JSONReader, isFull: Bool) throws -> Content {
    var reader = BlockReader()
    try json.object { json, name in
      if name == "blockID" {
        try once(reader.id == nil, "blockID", json)
        reader.id = try BlockID(bytes: json.hex())
      } else if name == "block_header" {
        try json.object { json, name in
          if name == "raw_data" { try reader.header(&json) } else { try json.skip() }
        }
      } else if name == "transactions" {
        try once(reader.transactions == nil, "transactions", json)
        reader.transactions = try reader.list(&json)
      } else if name == "Error" || name == "error" {
        reader.isError = true
        try json.skip()
      } else {
        try json.skip()
      }
    }
    return try reader.finish(isFull: isFull)
  }

  /// Of two members with one name another reader might take the other.
  private static func once(_ isFirst: Bool, _ name: StaticString, _ json: JSONReader) throws {
    guard isFirst else { throw json.fault("\(name) stands there twice") }
  }

  private mutating func header(_ json: inout JSONReader) throws {
    try Self.once(parent == nil, "raw_data", json)
    try json.object { json, name in
      if name == "number" {
        number = try json.integer()
      } else if name == "timestamp" {
        timestamp = try json.integer()
      } else if name == "parentHash" {
        parent = try BlockID(bytes: json.hex())
      } else if name == "txTrieRoot" {
        hasTransactionRoot = try json.hex().contains { $0 != 0 }
      } else {
        try json.skip()
      }
    }
  }

  private func list(_ json: inout JSONReader) throws -> [ChainTransaction] {
    var list: [ChainTransaction] = []
    if try json.null() { return list }
    try json.array { json in
      guard list.count < Self.transactionsMax else {
        throw json.fault("the block has more than \(Self.transactionsMax) transactions")
      }
      list.append(try Self.transaction(&json))
    }
    return list
  }

  private static func transaction(_ json: inout JSONReader) throws -> ChainTransaction {
    var id: TransactionID?
    var raw: [UInt8]?
    var result: String?
    try json.object { json, name in
      if name == "txID" {
        try once(id == nil, "txID", json)
        id = try TransactionID(bytes: json.hex())
      } else if name == "raw_data_hex" {
        try once(raw == nil, "raw_data_hex", json)
        raw = try json.hex()
      } else if name == "ret" {
        try once(result == nil, "ret", json)
        result = try outcome(&json)
      } else {
        try json.skip()
      }
    }
    guard let id, let raw else { throw json.fault("a transaction has no txID or no raw_data_hex") }
    return try ChainTransaction(claimed: id, contractRet: result, rawBytes: raw)
  }

  /// `ret[0].contractRet`; left out where it is the enum's default.
  private static func outcome(_ json: inout JSONReader) throws -> String? {
    var first: String?
    var isFirst = true
    try json.array { json in
      guard isFirst else { return try json.skip() }
      isFirst = false
      try json.object { json, name in
        if name == "contractRet" { first = try json.text() } else { try json.skip() }
      }
    }
    return first
  }

  private func finish(isFull: Bool) throws -> Content {
    if isError { return .error }
    guard let id else {
      guard parent == nil, transactions == nil else { throw TronNodeError(.malformed, "a block has no blockID") }
      return .nothing
    }
    guard let parent else { throw TronNodeError(.malformed, "the block \(id) has no header") }
    guard id.number == number else {
      throw TronNodeError(.malformed, "the block \(id) says it has the number \(number)")
    }
    _ = try NodeNumber.checked(number, "block number", NodeNumber.blocks)
    _ = try NodeNumber.checked(timestamp, "block time", NodeNumber.times)
    // java-tron: the root of a block without transactions is all zeros.
    guard !isFull || !hasTransactionRoot || transactions?.isEmpty == false else {
      throw TronNodeError(.malformed, "the block \(id) names transactions and has none")
    }
    return .block(
      ChainBlock(id: id, number: number, timestamp: timestamp, parent: parent, transactions: transactions ?? []))
  }
}
