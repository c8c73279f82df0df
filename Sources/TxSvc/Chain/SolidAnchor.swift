import BusKit
import TronKit

/// A block that a node calls solid.
struct SolidAnchor: Sendable {
  let block: ChainBlock
  /// Who says so.
  let node: String
}

extension ChainReader {
  /// The public network that the nodes are of; nil for any other, or where no node has the first block.
  func network() async throws -> (network: ChainNetwork?, genesis: BlockID?) {
    do {
      let genesis = try await read(.head) { try await $0.block(number: 0) }.id
      return (ChainNetwork(genesis: genesis), genesis)
    } catch let error as TronNodeError where error.code == .notFound {
      return (nil, nil)
    }
  }

  /// The solid head as one node tells it. It is refused where it is nearer to that node's head than it can be on the
  /// network: a gateway that answers so from its head calls final what a reorganisation can take back.
  /// - Parameter followed: how far the chain was followed; a solid head well below that needs no other call.
  func solidHead(followed: Int64, on network: ChainNetwork?) async throws -> SolidAnchor {
    try await read(.solidHead) { node in
      let solid = try await node.solidHead()
      guard let least = network?.solidDistanceMin, solid.number > followed - least else {
        return SolidAnchor(block: solid, node: node.name)
      }
      // The head is read first: then no block that comes between the two answers can hide that they are the same.
      count(.head)
      let head = try await node.head()
      count(.solidHead)
      let later = try await node.solidHead()
      guard later.number <= head.number - least else {
        throw TronNodeError(
          .refused, "\(node.name) calls block \(later.number) solid at head \(head.number): it answers from its head")
      }
      return SolidAnchor(block: later, node: node.name)
    }
  }
}
