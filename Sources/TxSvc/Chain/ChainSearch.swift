import Synchronization
import TronKit

/// Whether the chain holds an expired transaction, asked of nodes that are far enough to know.
enum ChainSearch {
  enum Finding: Sendable, Equatable {
    case absent
    case present(block: BlockID, timeMs: Int64, result: String)
    /// No node's solid head is past the expiration, or one alone is while another soon will be, or the nodes disagree:
    /// "not found" proves nothing.
    case nodeLags
  }

  /// - Parameter isFollowed: whether this is the block of its number on the chain that was followed. One that is not,
  ///   and is not solid either, may be an orphan of a node that nobody else can reach: it shows nothing.
  static func find(
    _ transaction: StoredTransaction, _ nodes: TronNodePool,
    isFollowed: @escaping @Sendable (BlockID) async throws -> Bool
  ) async throws -> Finding {
    let id = transaction.id
    let doubt = Doubt()
    let presence = try await nodes.presence(proof: .solidAfter(transaction.expirationMs)) { node -> Finding? in
      guard let info = try await node.transactionInfo(id) else {
        return try await node.transaction(id) == nil ? nil : .nodeLags
      }
      let isSolid = try await node.transactionInfo(id, solid: true)?.blockNumber == info.blockNumber
      let block = try await node.block(number: info.blockNumber, solid: isSolid)
      guard let found = block.transactions.first(where: { $0.id == id }) else { return .nodeLags }
      let counts = isSolid ? true : try await isFollowed(block.id)
      guard counts else {
        doubt.raise()
        return nil
      }
      return .present(block: block.id, timeMs: block.timestamp, result: found.contractRet)
    }
    return switch presence {
    case .present(let finding): finding
    case .absent: doubt.isRaised ? .nodeLags : .absent
    case .unknown: .nodeLags
    }
  }

  /// A node has shown it where it does not count: another may show it where it does, but none can prove it absent.
  private final class Doubt: Sendable {
    private let state = Mutex(false)
    var isRaised: Bool { state.withLock { $0 } }
    func raise() { state.withLock { $0 = true } }
  }
}
