import Crypto

/// SHA-256 of a transaction's raw bytes. In JSON 64 lower-case digits.
public struct TransactionID: Hashable, Sendable {
  /// 32 bytes; also the digest that is signed.
  public let bytes: [UInt8]

  init(ofRawBytes raw: [UInt8]) { bytes = Array(SHA256.hash(data: raw)) }

  public init(bytes: [UInt8]) throws(TransactionError) {
    guard bytes.count == 32 else { throw .badIdentifier("\(bytes.count) bytes") }
    self.bytes = bytes
  }

  /// Takes 64 digits of either case, without 0x.
  public init(hex: String) throws(TransactionError) {
    guard hex.utf8.count == 64 else { throw .badIdentifier(String(hex.prefix(80)).debugDescription) }
    do throws(HexError) {
      bytes = try Hex.decode(hex)
    } catch {
      throw .badIdentifier(hex.debugDescription)
    }
  }

  /// 64 lower-case digits.
  public var hex: String { Hex.encode(bytes) }
}

extension TransactionID: CustomStringConvertible {
  public var description: String { hex }
}

extension TransactionID: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      self = try TransactionID(hex: container.decode(String.self))
    } catch let error as TransactionError {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }
}
