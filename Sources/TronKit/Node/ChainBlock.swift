/// A block. Whether it is solid depends on where it was asked for.
public struct ChainBlock: Hashable, Sendable {
  public let id: BlockID
  public let number: Int64
  /// Milliseconds of chain time.
  public let timestamp: Int64
  public let parent: BlockID
  /// Empty where a block was asked for without them.
  public let transactions: [ChainTransaction]

  public init(id: BlockID, number: Int64, timestamp: Int64, parent: BlockID, transactions: [ChainTransaction]) {
    self.id = id
    self.number = number
    self.timestamp = timestamp
    self.parent = parent
    self.transactions = transactions
  }
}

/// A transaction that is in a block.
public struct ChainTransaction: Hashable, Sendable {
  public let id: TransactionID
  /// `SUCCESS`, or why it failed; failed ones are in blocks too.
  public let contractRet: String
  /// What was signed. The node's own decoding is not used.
  public let rawBytes: [UInt8]

  public init(id: TransactionID, contractRet: String, rawBytes: [UInt8]) {
    self.id = id
    self.contractRet = contractRet
    self.rawBytes = rawBytes
  }

  public var succeeded: Bool { contractRet == "SUCCESS" }

  public func raw() throws(TransactionError) -> RawTransaction { try RawTransaction(decoding: rawBytes) }
}

/// The JSON of a block; `{}` where there is none.
struct BlockAnswer: Decodable {
  struct Header: Decodable {
    struct Raw: Decodable {
      var number: Int64?
      var timestamp: Int64?
      var parentHash: BlockID
    }

    var raw_data: Raw
  }

  var blockID: BlockID?
  var block_header: Header?
  var transactions: [TransactionAnswer]?

  func block() throws -> ChainBlock? {
    guard let blockID, let header = block_header?.raw_data else { return nil }
    let number = header.number ?? 0
    guard blockID.number == number else {
      throw TronNodeError(.malformed, "the block \(blockID) says it has the number \(number)")
    }
    return ChainBlock(
      id: blockID, number: number, timestamp: header.timestamp ?? 0, parent: header.parentHash,
      transactions: try (transactions ?? []).map { try $0.required() })
  }
}

struct BlockListAnswer: Decodable {
  var block: [BlockAnswer]?
}

/// The JSON of a transaction; `{}` where there is none.
struct TransactionAnswer: Decodable {
  struct Result: Decodable {
    var contractRet: String?
  }

  var txID: TransactionID?
  var raw_data_hex: String?
  var ret: [Result]?

  func transaction() throws -> ChainTransaction? {
    txID == nil ? nil : try required()
  }

  func required() throws -> ChainTransaction {
    guard let txID, let raw_data_hex else {
      throw TronNodeError(.malformed, "a transaction has no txID or no raw_data_hex")
    }
    let bytes = try Hex.decode(raw_data_hex)
    guard TransactionID(ofRawBytes: bytes) == txID else {
      throw TronNodeError(.malformed, "the bytes of transaction \(txID) have another id")
    }
    // The default of the enum is left out; a transaction without ret is one that a node has not executed.
    return ChainTransaction(id: txID, contractRet: ret?.first?.contractRet ?? "DEFAULT", rawBytes: bytes)
  }
}
