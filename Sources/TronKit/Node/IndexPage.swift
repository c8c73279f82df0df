/// What to ask an index for.
public struct IndexQuery: Hashable, Sendable {
  /// TronGrid takes no more.
  public static let limitMax = 200

  /// Milliseconds of chain time, both included. Indexes lag and reorder: begin some minutes before the last one seen.
  public var minTimestamp: Int64?
  public var maxTimestamp: Int64?
  /// Only what is in solid blocks.
  public var onlyConfirmed: Bool
  /// Only what was sent to the address.
  public var onlyTo: Bool
  public var limit: Int

  public init(
    minTimestamp: Int64? = nil, maxTimestamp: Int64? = nil, onlyConfirmed: Bool = true, onlyTo: Bool = false,
    limit: Int = IndexQuery.limitMax
  ) {
    self.minTimestamp = minTimestamp
    self.maxTimestamp = maxTimestamp
    self.onlyConfirmed = onlyConfirmed
    self.onlyTo = onlyTo
    self.limit = min(max(1, limit), Self.limitMax)
  }
}

/// Rows of an index, the oldest first. For looking and for finding what to check: money is credited from blocks only.
public struct IndexPage<Row: Sendable>: Sendable {
  public let rows: [Row]
  /// Rows of another kind that stood among them: internal transfers, approvals, other shapes.
  public let foreign: Int
  /// Where the next page begins; nil at the end.
  public let next: String?

  public init(rows: [Row], foreign: Int, next: String?) {
    self.rows = rows
    self.foreign = foreign
    self.next = next
  }
}

extension IndexPage: Equatable where Row: Equatable {}

/// A transaction as an index lists it.
public struct IndexedTransaction: Hashable, Sendable {
  public let transaction: ChainTransaction
  /// Nil where the index does not say.
  public let blockNumber: Int64?
  /// Milliseconds of chain time.
  public let blockTimestamp: Int64

  public init(transaction: ChainTransaction, blockNumber: Int64?, blockTimestamp: Int64) {
    self.transaction = transaction
    self.blockNumber = blockNumber
    self.blockTimestamp = blockTimestamp
  }
}

/// A TRC-20 transfer as an index lists it. It has no log index, and TronGrid's no block: read the receipt before
/// anything is concluded from it.
public struct IndexedTransfer: Hashable, Sendable {
  public let id: TransactionID
  public let token: TronAddress
  public let from: TronAddress
  public let to: TronAddress
  /// In the token's smallest unit.
  public let value: Int64
  /// Milliseconds of chain time.
  public let blockTimestamp: Int64

  public init(
    id: TransactionID, token: TronAddress, from: TronAddress, to: TronAddress, value: Int64, blockTimestamp: Int64
  ) {
    self.id = id
    self.token = token
    self.from = from
    self.to = to
    self.value = value
    self.blockTimestamp = blockTimestamp
  }
}

/// A row that may be of another shape than the wanted one.
struct Lenient<Row: Decodable>: Decodable {
  let row: Row?

  init(from decoder: any Decoder) throws {
    do {
      row = try Row(from: decoder)
    } catch is DecodingError {
      row = nil
    }
  }
}
