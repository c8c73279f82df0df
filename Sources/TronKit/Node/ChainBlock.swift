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

extension ChainBlock {
  /// Reads what a node answers to `getblockbynum` with `visible`.
  /// - Throws: `TronNodeError`: `malformed`, also for a transaction whose bytes have another id; `notFound` for `{}`;
  ///   `refused` for the node's own error.
  public init(nodeAnswer text: [UInt8]) throws {
    do {
      switch try BlockReader.read(text, isFull: true) {
      case .block(let block): self = block
      case .nothing: throw TronNodeError(.notFound, "the answer holds no block")
      case .error:
        throw TronNodeError(.refused, "the node answered \(String(decoding: text.prefix(200), as: UTF8.self))")
      }
    } catch let fault as JSONReader.Fault {
      throw TronNodeError(.malformed, "the answer is no block: \(fault)")
    } catch let error as TransactionError {
      throw TronNodeError(.malformed, "the answer is no block: \(error)")
    }
  }
}

/// A transaction that is in a block.
public struct ChainTransaction: Hashable, Sendable {
  public let id: TransactionID
  /// `SUCCESS`, or why it failed; failed ones are in blocks too. `unsaidResult` where the node does not say.
  public let contractRet: String
  /// What was signed. The node's own decoding is not used.
  public let rawBytes: [UInt8]

  public init(id: TransactionID, contractRet: String, rawBytes: [UInt8]) {
    self.id = id
    self.contractRet = contractRet
    self.rawBytes = rawBytes
  }

  /// - Parameters:
  ///   - id: what the node says it is; the bytes must agree.
  ///   - contractRet: nil where it is left out: the default of the enum, or a transaction that was not executed.
  init(claimed id: TransactionID, contractRet: String?, rawBytes: [UInt8]) throws(TronNodeError) {
    guard TransactionID(ofRawBytes: rawBytes) == id else {
      throw TronNodeError(.malformed, "the bytes of transaction \(id) have another id")
    }
    self.init(id: id, contractRet: contractRet ?? Self.unsaidResult, rawBytes: rawBytes)
  }

  /// java-tron's default, which JSON leaves out: it tells neither success nor failure.
  public static let unsaidResult = "DEFAULT"

  public var succeeded: Bool { contractRet == "SUCCESS" }

  public func raw() throws(TransactionError) -> RawTransaction { try RawTransaction(decoding: rawBytes) }
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
    guard txID != nil || raw_data_hex != nil else { return nil }
    guard let txID, let raw_data_hex else {
      throw TronNodeError(.malformed, "a transaction has no txID or no raw_data_hex")
    }
    return try ChainTransaction(
      claimed: txID, contractRet: ret?.first?.contractRet, rawBytes: Hex.decode(raw_data_hex))
  }
}
