import BusKit
import TronKit

/// Hears another node where one node's word on what is solid would not be enough.
struct SolidWitness: Sendable {
  enum Word: Sendable, Equatable {
    case agrees
    case differs(BlockID)
    /// There are others, and none has that solid block or can be reached.
    case silent
    /// There is no other node that may be asked.
    case alone
  }

  let bus: Bus
  let reader: ChainReader

  func word(on anchor: SolidAnchor) async throws -> Word {
    let others = await reader.nodes.usableNodes().filter { $0.name != anchor.node }
    guard !others.isEmpty else { return .alone }
    for node in others {
      do {
        reader.count(.fork)
        let block = try await node.block(number: anchor.block.number, solid: true)
        return block.id == anchor.block.id ? .agrees : .differs(block.id)
      } catch let error as TronNodeError {
        bus.logger.warning("a node cannot witness a solid block", metadata: ["error": "\(error)"])
      }
    }
    return .silent
  }
}
