import TronKit

/// The last blocks that this process has followed, so that none is fetched again when it is solid. Lost with the
/// process at the cost of a call each.
struct BlockShelf: Sendable {
  /// Mainnet has 19 blocks between the head and the solid head; each takes some 100 KB here.
  static let countMax = 64

  private var blocks: [BlockID: ChainBlock] = [:]
  private var order: [BlockID] = []

  mutating func put(_ block: ChainBlock) {
    guard blocks.updateValue(block, forKey: block.id) == nil else { return }
    order.append(block.id)
    if order.count > Self.countMax { blocks[order.removeFirst()] = nil }
  }

  func block(_ id: BlockID) -> ChainBlock? { blocks[id] }
}
