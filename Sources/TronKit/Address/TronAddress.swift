/// A TRON account or contract: the byte 0x41 and the last 20 bytes of a Keccak-256 hash. Always valid; whether it is
/// activated only the chain knows. In JSON it is its base58 text.
public struct TronAddress: Hashable, Sendable {
  /// 21 bytes, the first of them 0x41.
  public let bytes: [UInt8]

  static let prefix: UInt8 = 0x41
  private static let textLength = 34

  /// `T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb`, to which nobody has the key.
  public static let zero = TronAddress(hash: [UInt8](repeating: 0, count: 20))

  /// Reads base58 (`T…`) or hexadecimal (`41…`, `0x41…`). Trims nothing: a space is a wrong character.
  public init(parsing text: String) throws(TronAddressError) {
    bytes = try Self.parsed(text)
  }

  private static func parsed(_ text: String) throws(TronAddressError) -> [UInt8] {
    let hex = text.hasPrefix("0x") || text.hasPrefix("0X") ? text.dropFirst(2) : Substring(text)
    if hex.count < text.count || (text.count == 42 && text.hasPrefix("41")) {
      return try parsed(hexDigits: hex, of: text)
    }
    var decoded: [UInt8] = []
    do throws(Base58Error) {
      try Base58.withDecodedChecked(text) { decoded = Array($0) }
    } catch {
      switch error {
      case .tooLong(let count): throw TronAddressError(.wrongLength(count), text)
      case .badCharacter(let position, let character):
        throw TronAddressError(.badCharacter(position: position, character: character), text)
      case .badChecksum:
        let isWhole = text.count == textLength
        throw TronAddressError(isWhole ? .badChecksum : .wrongLength(text.count), text)
      }
    }
    guard decoded.count == 21 else { throw TronAddressError(.wrongLength(text.count), text) }
    guard decoded[0] == prefix else { throw TronAddressError(.wrongPrefix(decoded[0]), text) }
    return decoded
  }

  private static func parsed(hexDigits: Substring, of text: String) throws(TronAddressError) -> [UInt8] {
    let decoded: [UInt8]
    do throws(HexError) {
      decoded = try Hex.decode(hexDigits)
    } catch {
      throw TronAddressError(.badHex, text)
    }
    guard decoded.count == 21 else {
      // 20 bytes after 0x are an EVM address: the same person may own it, but the coins would be on another chain.
      throw TronAddressError(decoded.count == 20 ? .wrongPrefix(decoded[0]) : .badHex, text)
    }
    guard decoded[0] == prefix else { throw TronAddressError(.wrongPrefix(decoded[0]), text) }
    return decoded
  }

  /// From the 21 bytes of protobuf messages.
  public init(bytes: [UInt8]) throws(TronAddressError) {
    guard bytes.count == 21 else { throw TronAddressError(.wrongLength(bytes.count), Hex.encode(bytes.prefix(40))) }
    guard bytes[0] == Self.prefix else { throw TronAddressError(.wrongPrefix(bytes[0]), Hex.encode(bytes)) }
    self.bytes = bytes
  }

  /// From the 20 bytes of event logs and ABI words, which leave out the 0x41.
  public init(evmBytes: [UInt8]) throws(TronAddressError) {
    guard evmBytes.count == 20 else {
      throw TronAddressError(.wrongLength(evmBytes.count), Hex.encode(evmBytes.prefix(40)))
    }
    self.init(hash: evmBytes)
  }

  /// The hash is 20 bytes long.
  init(hash: [UInt8]) {
    bytes = [Self.prefix] + hash
  }

  /// 34 characters beginning with T.
  public var base58: String { Base58.encodeChecked(bytes) }
  /// 42 digits beginning with 41.
  public var hex: String { Hex.encode(bytes) }
  public var isZero: Bool { self == .zero }
}

extension TronAddress: CustomStringConvertible {
  public var description: String { base58 }
}

extension TronAddress: Codable {
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      self = try TronAddress(parsing: container.decode(String.self))
    } catch let error as TronAddressError {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(base58)
  }
}
