import Crypto

/// Bitcoin's base 58, and base58check with its four checksum bytes.
public enum Base58 {
  static let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)
  /// The work grows with the square of the length; nothing of TRON is longer (an extended key has 111).
  public static let lengthMax = 128

  private static let values: [UInt8: Int] = Dictionary(
    uniqueKeysWithValues: alphabet.enumerated().map { ($0.element, $0.offset) })

  public static func encode(_ bytes: some Collection<UInt8>) -> String {
    var digits: [Int] = []  // least significant first
    for byte in bytes {
      var carry = Int(byte)
      for index in digits.indices {
        carry += digits[index] << 8
        digits[index] = carry % 58
        carry /= 58
      }
      while carry > 0 {
        digits.append(carry % 58)
        carry /= 58
      }
    }
    let zeros = bytes.prefix { $0 == 0 }.count
    let text = [UInt8](repeating: alphabet[0], count: zeros) + digits.reversed().map { alphabet[$0] }
    return String(decoding: text, as: UTF8.self)
  }

  /// - Throws: `Base58Error`.
  public static func decode(_ text: String) throws(Base58Error) -> [UInt8] {
    guard text.utf8.count <= lengthMax else { throw .tooLong(text.utf8.count) }
    var bytes: [Int] = []  // least significant first
    for (position, character) in text.enumerated() {
      guard let ascii = character.asciiValue, let value = values[ascii] else {
        throw .badCharacter(position: position, character: character)
      }
      var carry = value
      for index in bytes.indices {
        carry += bytes[index] * 58
        bytes[index] = carry & 255
        carry >>= 8
      }
      while carry > 0 {
        bytes.append(carry & 255)
        carry >>= 8
      }
    }
    let zeros = text.utf8.prefix { $0 == alphabet[0] }.count
    return [UInt8](repeating: 0, count: zeros) + bytes.reversed().map { UInt8($0) }
  }

  /// Base58 of the bytes followed by their checksum.
  public static func encodeChecked(_ bytes: [UInt8]) -> String {
    encode(bytes + checksum(bytes))
  }

  /// The bytes without the checksum, once it is verified.
  public static func decodeChecked(_ text: String) throws(Base58Error) -> [UInt8] {
    let all = try decode(text)
    guard all.count >= 4 else { throw .badChecksum }
    let bytes = Array(all.dropLast(4))
    guard checksum(bytes) == Array(all.suffix(4)) else { throw .badChecksum }
    return bytes
  }

  private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
    Array(SHA256.hash(data: Array(SHA256.hash(data: bytes))).prefix(4))
  }
}

/// Why a text is not base58 or base58check.
public enum Base58Error: Error, Hashable, Sendable, CustomStringConvertible {
  case tooLong(Int)
  /// Counted in characters from 0.
  case badCharacter(position: Int, character: Character)
  case badChecksum

  public var description: String {
    switch self {
    case .tooLong(let count): "\(count) characters are too many; at most \(Base58.lengthMax) are read"
    case .badCharacter(let position, let character):
      "the character \(String(character).debugDescription) at position \(position + 1) does not occur in base58"
    case .badChecksum: "the checksum does not match: a character is wrong, missing or swapped"
    }
  }
}
