/// The id of a block: its number (8 bytes, big-endian) and bytes 8 to 31 of its header's SHA-256. In JSON 64 digits.
public struct BlockID: Hashable, Sendable {
  /// 32 bytes.
  public let bytes: [UInt8]

  public init(bytes: [UInt8]) throws(TransactionError) {
    guard bytes.count == 32 else { throw .badIdentifier("\(bytes.count) bytes") }
    guard bytes[0] < 0x80 else { throw .badIdentifier(Hex.encode(bytes)) }
    self.bytes = bytes
  }

  public init(hex: String) throws(TransactionError) {
    try self.init(bytes: TransactionID(hex: hex).bytes)
  }

  /// The height of the block.
  public var number: Int64 { bytes.prefix(8).reduce(0) { $0 << 8 | Int64($1) } }
  /// 64 lower-case digits.
  public var hex: String { Hex.encode(bytes) }
  /// The low 16 bits of the number: what a transaction that references this block carries.
  public var refBlockBytes: [UInt8] { Array(bytes[6..<8]) }
  /// The 8 bytes after the number, likewise.
  public var refBlockHash: [UInt8] { Array(bytes[8..<16]) }
}

extension BlockID: CustomStringConvertible {
  public var description: String { hex }
}

extension BlockID: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      self = try BlockID(hex: container.decode(String.self))
    } catch let error as TransactionError {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }
}
