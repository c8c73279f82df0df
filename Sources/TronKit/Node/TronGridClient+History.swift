import Foundation

extension TronGridClient {
  /// How many pages are read on at most.
  public static let pagesMax = 50

  /// One page of the transactions of an account. Internal transfers, which TronGrid mixes in, are only counted.
  /// - Parameter page: `next` of the page before.
  /// - Throws: `TronNodeError`.
  public func transactions(
    of address: TronAddress, _ query: IndexQuery = IndexQuery(), page: String? = nil
  ) async throws -> IndexPage<IndexedTransaction> {
    let envelope: HistoryEnvelope<TransactionRow> = try await transport.get(
      "/v1/accounts/\(address.base58)/transactions?search_internal=false&\(Self.parameters(query, page))")
    return try envelope.page(transport.name) { try $0.transaction() }
  }

  /// One page of an account's transfers of the client's token. Approvals are only counted.
  /// - Parameter page: `next` of the page before.
  /// - Throws: `TronNodeError`.
  public func tokenTransfers(
    of address: TronAddress, _ query: IndexQuery = IndexQuery(), page: String? = nil
  ) async throws -> IndexPage<IndexedTransfer> {
    let envelope: HistoryEnvelope<TransferRow> = try await transport.get(
      "/v1/accounts/\(address.base58)/transactions/trc20?contract_address=\(usdtContract.base58)&"
        + Self.parameters(query, page))
    return try envelope.page(transport.name) { $0.transfer(usdtContract) }
  }

  /// Follows the pages that `read` gives, at most `pagesMax`. `next` of the result is nil when all was read.
  public func all<Row: Sendable>(
    pagesMax: Int = TronGridClient.pagesMax, _ read: (_ page: String?) async throws -> IndexPage<Row>
  ) async throws -> IndexPage<Row> {
    var (rows, foreign, next): ([Row], Int, String?) = ([], 0, nil)
    for _ in 0..<max(1, pagesMax) {
      let page = try await read(next)
      rows += page.rows
      foreign += page.foreign
      // A page that names itself as the next one would be read for ever.
      next = page.next == next ? nil : page.next
      if next == nil { break }
    }
    return IndexPage(rows: rows, foreign: foreign, next: next)
  }

  private static let unreserved = CharacterSet(
    charactersIn: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-._~")

  private static func parameters(_ query: IndexQuery, _ page: String?) -> String {
    var parameters = ["limit=\(query.limit)", "order_by=block_timestamp,asc"]
    if query.onlyConfirmed { parameters.append("only_confirmed=true") }
    if query.onlyTo { parameters.append("only_to=true") }
    if let time = query.minTimestamp { parameters.append("min_timestamp=\(time)") }
    if let time = query.maxTimestamp { parameters.append("max_timestamp=\(time)") }
    if let page = page?.addingPercentEncoding(withAllowedCharacters: unreserved) {
      parameters.append("fingerprint=\(page)")
    }
    return parameters.joined(separator: "&")
  }
}

private struct HistoryEnvelope<Row: Decodable>: Decodable {
  struct Meta: Decodable {
    var fingerprint: String?
  }

  var success: Bool?
  var data: [Lenient<Row>]?
  var meta: Meta?

  /// - Parameter interpret: nil for a row of another kind.
  func page<Item>(_ name: String, _ interpret: (Row) throws -> Item?) throws -> IndexPage<Item> {
    guard success ?? false else { throw TronNodeError(.refused, "\(name) answered without success") }
    let rows = data ?? []
    let items = try rows.compactMap { try $0.row.flatMap(interpret) }
    let next = meta?.fingerprint.flatMap { $0.isEmpty ? nil : $0 }
    return IndexPage(rows: items, foreign: rows.count - items.count, next: next)
  }
}

private struct TransactionRow: Decodable {
  struct Result: Decodable {
    var contractRet: String?
  }

  var txID: TransactionID
  var raw_data_hex: String
  var ret: [Result]?
  var blockNumber: Int64?
  var block_timestamp: Int64

  /// - Throws: `malformed` where the bytes have another id: a row of the right kind that contradicts itself.
  func transaction() throws -> IndexedTransaction {
    let bytes: [UInt8]
    do throws(HexError) {
      bytes = try Hex.decode(raw_data_hex)
    } catch {
      throw TronNodeError(.malformed, "the bytes of transaction \(txID): \(error)")
    }
    return IndexedTransaction(
      transaction: try ChainTransaction(claimed: txID, contractRet: ret?.first?.contractRet, rawBytes: bytes),
      blockNumber: blockNumber, blockTimestamp: block_timestamp)
  }
}

private struct TransferRow: Decodable {
  struct Token: Decodable {
    var address: TronAddress
  }

  var transaction_id: TransactionID
  var token_info: Token
  var block_timestamp: Int64
  var from: TronAddress
  var to: TronAddress
  var type: String
  var value: String

  /// Tokens are told apart by their contract, and an amount beyond 64 bits is none of the wanted token's.
  func transfer(_ token: TronAddress) -> IndexedTransfer? {
    guard type == "Transfer", token_info.address == token, let value = Int64(value), value >= 0 else { return nil }
    return IndexedTransfer(
      id: transaction_id, token: token, from: from, to: to, value: value, blockTimestamp: block_timestamp)
  }
}
