extension TronScanClient {
  /// An account's transfers of the client's token, `start` rows from the newest on. Only confirmed ones that took
  /// effect; the others are counted.
  /// - Throws: `TronNodeError`.
  public func tokenTransfers(
    of address: TronAddress, start: Int = 0, limit: Int = 50
  ) async throws -> IndexPage<IndexedTransfer> {
    let (start, limit) = (max(0, start), min(max(1, limit), 50))
    let answer: Answer = try await transport.get(
      "/api/token_trc20/transfers?relatedAddress=\(address.base58)&contract_address=\(usdtContract.base58)"
        + "&start=\(start)&limit=\(limit)")
    let rows = answer.token_transfers ?? []
    let transfers = rows.compactMap { $0.row?.transfer(usdtContract) }
    let isLast = rows.count < limit
    return IndexPage(rows: transfers, foreign: rows.count - transfers.count, next: isLast ? nil : "\(start + limit)")
  }

  private struct Answer: Decodable {
    struct Row: Decodable {
      var transaction_id: TransactionID
      var contract_address: TronAddress
      var block_ts: Int64
      var from_address: TronAddress
      var to_address: TronAddress
      var quant: String
      var event_type: String
      var confirmed: Bool?
      var finalResult: String?

      func transfer(_ token: TronAddress) -> IndexedTransfer? {
        guard event_type == "Transfer", contract_address == token, confirmed == true, finalResult == "SUCCESS",
          let value = Int64(quant), value >= 0
        else { return nil }
        return IndexedTransfer(
          id: transaction_id, token: token, from: from_address, to: to_address, value: value,
          blockTimestamp: block_ts)
      }
    }

    var token_transfers: [Lenient<Row>]?
  }
}
