import TronKit

/// Whether the chain holds an expired transaction, asked of a node that is far enough to know.
enum ChainSearch {
  enum Finding: Sendable, Equatable {
    case absent
    case present(block: BlockID, timeMs: Int64, result: String)
    /// The node's solid head is not past the expiration: its "not found" proves nothing.
    case nodeLags
  }

  static func find(_ transaction: StoredTransaction, _ nodes: TronNodePool) async throws -> Finding {
    try await nodes.read { node in
      guard try await node.solidHead().timestamp > transaction.expirationMs else { return .nodeLags }
      guard let info = try await node.transactionInfo(transaction.id) else {
        return try await node.transaction(transaction.id) == nil ? .absent : .nodeLags
      }
      let block = try await node.block(number: info.blockNumber)
      guard let found = block.transactions.first(where: { $0.id == transaction.id }) else { return .nodeLags }
      return .present(block: block.id, timeMs: block.timestamp, result: found.contractRet)
    }
  }
}
