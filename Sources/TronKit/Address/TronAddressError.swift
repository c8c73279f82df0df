/// Why a text or byte string is not a TRON address.
public struct TronAddressError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong.
  public enum Reason: Hashable, Sendable {
    /// In characters for a text, in bytes for a byte string.
    case wrongLength(Int)
    /// Counted from 0.
    case badCharacter(position: Int, character: Character)
    case badChecksum
    /// The byte found where 0x41 belongs.
    case wrongPrefix(UInt8)
    case badHex
  }

  /// What is wrong.
  public let reason: Reason
  /// What was given, shortened to 64 characters.
  public let value: String

  init(_ reason: Reason, _ value: String) {
    self.reason = reason
    self.value = value.count > 64 ? value.prefix(64) + "…" : value
  }

  /// Stable, for the API, logs and metrics.
  public var code: String {
    switch reason {
    case .wrongLength: "wrong_length"
    case .badCharacter: "bad_character"
    case .badChecksum: "bad_checksum"
    case .wrongPrefix: "wrong_prefix"
    case .badHex: "bad_hex"
    }
  }

  public var description: String {
    let given = value.debugDescription
    return switch reason {
    case .wrongLength(let count):
      "\(given) is not a TRON address: it has \(count) characters, an address has 34 and begins with T; copy it whole"
    case .badCharacter(let position, let character):
      "\(given) is not a TRON address: \(String(character).debugDescription) at position \(position + 1) does not "
        + "occur in addresses; copy it again from the wallet"
    case .badChecksum:
      "\(given) is not a TRON address: its checksum does not match, so a character is wrong; copy it again"
    case .wrongPrefix(let byte):
      "\(given) is an address of another chain (prefix 0x\(Hex.encode([byte])) instead of 0x41); use a TRON address, "
        + "which begins with T"
    case .badHex:
      "\(given) is not a TRON address: the hexadecimal form is 41 and 40 digits; use the form that begins with T"
    }
  }
}
