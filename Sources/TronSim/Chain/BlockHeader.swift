/// The signed part of a block header (BlockHeader.raw).
struct BlockHeader: Sendable, Equatable {
  var timestampMs: Int64
  /// 32 bytes, zero for an empty block.
  var txTrieRoot: [UInt8]
  /// 32 bytes
  var parentHash: [UInt8]
  var number: Int64
  var witnessAddress: [UInt8]
  var version: Int64

  var encoded: [UInt8] {
    var writer = ProtobufWriter()
    writer.varint(1, timestampMs)
    writer.data(2, txTrieRoot)
    writer.data(3, parentHash)
    writer.varint(7, number)
    writer.data(9, witnessAddress)
    writer.varint(10, version)
    return writer.bytes
  }

  /// The block number, big-endian, and the last 24 bytes of the header's hash.
  var blockID: [UInt8] {
    (0..<8).reversed().map { UInt8(truncatingIfNeeded: number >> (8 * Int64($0))) } + sha256(encoded)[8..<32]
  }
}
