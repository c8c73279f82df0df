/// A block with what its transactions did.
struct Block: Sendable {
  struct Entry: Sendable {
    let transaction: Transaction
    let receipt: Receipt
  }

  let header: BlockHeader
  let id: [UInt8]
  let entries: [Entry]
  private let signature: WitnessSignature

  var number: Int64 { header.number }
  var timestampMs: Int64 { header.timestampMs }
  var witnessSignature: [UInt8] { signature.bytes }

  init(number: Int64, timestampMs: Int64, parentHash: [UInt8], entries: [Entry]) {
    header = BlockHeader(
      timestampMs: timestampMs, txTrieRoot: Block.root(of: entries.map { $0.transaction.leafHash($0.receipt.outcome) }),
      parentHash: parentHash, number: number, witnessAddress: Witness.key.address.bytes, version: 34)
    id = header.blockID
    signature = WitnessSignature(header: header)
    self.entries = entries
  }

  /// Merkle root; an odd node moves up unchanged. 32 zero bytes for no leaves.
  private static func root(of leaves: [[UInt8]]) -> [UInt8] {
    guard !leaves.isEmpty else { return [UInt8](repeating: 0, count: 32) }
    var level = leaves
    while level.count > 1 {
      level = stride(from: 0, to: level.count, by: 2).map { index in
        index + 1 < level.count ? sha256(level[index] + level[index + 1]) : level[index]
      }
    }
    return level[0]
  }
}
