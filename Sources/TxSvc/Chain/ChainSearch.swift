import TronKit

/// Whether the chain holds an expired transaction, asked of nodes that are far enough to know.
enum ChainSearch {
  enum Finding: Sendable, Equatable {
    case absent
    case present(block: BlockID, timeMs: Int64, result: String)
    /// No node's solid head is past the expiration, or the nodes disagree: "not found" proves nothing.
    case nodeLags
  }

  static func find(_ transaction: StoredTransaction, _ nodes: TronNodePool) async throws -> Finding {
    let id = transaction.id
    let presence = try await nodes.presence(proof: .solidAfter(transaction.expirationMs)) { node -> Finding? in
      guard let info = try await node.transactionInfo(id) else {
        return try await node.transaction(id) == nil ? nil : .nodeLags
      }
      let block = try await node.block(number: info.blockNumber)
      guard let found = block.transactions.first(where: { $0.id == id }) else { return .nodeLags }
      return .present(block: block.id, timeMs: block.timestamp, result: found.contractRet)
    }
    return switch presence {
    case .present(let finding): finding
    case .absent: .absent
    case .unknown: .nodeLags
    }
  }
}
