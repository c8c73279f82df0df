import Crypto
import Foundation

/// The words of BIP 39 from which a whole wallet can be restored. Always valid: the words are of the English list and
/// the checksum matches. Held as entropy in locked memory; no description shows it.
public struct RecoveryPhrase: Sendable, Equatable {
  /// 16 to 32 bytes.
  private let entropy: SecretBytes

  /// Reads 12 to 24 English words with white space between them. The text is the caller's; errors name the position of a
  /// word and never the word.
  /// - Throws: `phrase_length`, `phrase_word`, `phrase_checksum`.
  public init(parsing text: String) throws(KeyError) {
    let words = text.decomposedStringWithCompatibilityMapping.split(whereSeparator: \.isWhitespace)
    guard (4...8).contains(words.count / 3), words.count % 3 == 0 else { throw KeyError.phraseLength(words.count) }
    // 11 bits a word: the entropy, and of its SHA-256 a bit for every 32 of it.
    let bits = try SecretBytes(count: 33)
    for (position, word) in words.enumerated() {
      guard let index = EnglishWords.indices[word] else { throw KeyError.phraseWord(position + 1) }
      for bit in 0..<11 where index >> (10 - bit) & 1 == 1 {
        let place = position * 11 + bit
        bits.bytes[place / 8] |= 0x80 >> UInt8(place % 8)
      }
    }
    let count = words.count / 3 * 4
    let entropy = try SecretBytes(copying: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bits.mutable)[..<count]))
    let mask = UInt8(truncatingIfNeeded: 0xff00 >> (count / 4))
    guard bits.bytes[count] & mask == Self.checksum(entropy) & mask else { throw KeyError.phraseChecksum }
    self.entropy = entropy
  }

  /// Takes 16, 20, 24, 28 or 32 random bytes; the source is the caller's to erase.
  public init(entropy: UnsafeRawBufferPointer) throws(KeyError) {
    guard (16...32).contains(entropy.count), entropy.count % 4 == 0 else { throw KeyError.badEntropy }
    self.entropy = try SecretBytes(copying: entropy)
  }

  /// A random phrase from the system's generator.
  /// - Parameter wordCount: 12, 15, 18, 21 or 24.
  public static func generate(wordCount: Int = 24) throws(KeyError) -> RecoveryPhrase {
    guard (12...24).contains(wordCount), wordCount % 3 == 0 else { throw KeyError.phraseLength(wordCount) }
    let entropy = try SecretBytes(count: wordCount / 3 * 4)
    entropy.fillRandomly()
    return RecoveryPhrase(entropy)
  }

  private init(_ entropy: SecretBytes) { self.entropy = entropy }

  /// 12 to 24.
  public var wordCount: Int { entropy.count / 4 * 3 }

  /// Lends the words with a space between them, to be written down. Whoever reads them owns the wallet.
  public func withText<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws -> Result {
    try spelled().withUnsafeBytes(body)
  }

  /// The 64 bytes from which BIP 32 makes the master key.
  /// - Parameter passphrase: each makes another wallet; none is wrong.
  public func seed(passphrase: String = "") throws(KeyError) -> SecretBytes {
    let text = try spelled()
    return try HDDerivation.seed(phrase: UnsafeRawBufferPointer(text.mutable), passphrase: passphrase)
  }

  private func spelled() throws(KeyError) -> SecretBytes {
    let sum = Self.checksum(entropy)
    func word(_ position: Int) -> Substring {
      EnglishWords.list[
        (position * 11..<position * 11 + 11).reduce(0) { index, place in
          let byte = place / 8 < entropy.count ? entropy.bytes[place / 8] : sum
          return index << 1 | Int(byte >> UInt8(7 - place % 8) & 1)
        }]
    }
    let letters = (0..<wordCount).reduce(0) { $0 + word($1).utf8.count }
    let text = try SecretBytes(count: letters + wordCount - 1)
    var length = 0
    for position in 0..<wordCount {
      if position > 0 {
        text.bytes[length] = UInt8(ascii: " ")
        length += 1
      }
      for letter in word(position).utf8 {
        text.bytes[length] = letter
        length += 1
      }
    }
    return text
  }

  /// The first byte of SHA-256; no phrase takes more of it.
  private static func checksum(_ entropy: SecretBytes) -> UInt8 {
    var hash = SHA256()
    entropy.withUnsafeBytes { hash.update(bufferPointer: $0) }
    return hash.finalize().withUnsafeBytes { $0[0] }
  }
}

extension RecoveryPhrase: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "•••" }
  public var debugDescription: String { "•••" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
