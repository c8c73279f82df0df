import Crypto

/// Bitcoin's base 58, and base58check with its four checksum bytes.
public enum Base58 {
  private static let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)
  /// The work grows with the square of the length; nothing of TRON is longer (an extended key has 111).
  public static let lengthMax = 128
  /// 128 digits are 750 bits. Every step reads and writes a word of 64.
  private static let wordsMax = 12
  /// The most digits whose value fits a word.
  private static let digitsPerWord = 10
  private static let wordScale: UInt64 = 430_804_206_899_405_824  // 58^10

  /// The value of each ASCII digit; 255 where there is none.
  private static let values: [UInt8] = {
    var values = [UInt8](repeating: 255, count: 256)
    for (value, digit) in alphabet.enumerated() { values[Int(digit)] = UInt8(value) }
    return values
  }()

  /// Leading zero bytes become leading ones, as Bitcoin does it.
  public static func encode(_ bytes: some Collection<UInt8>) -> String {
    let zeros = bytes.prefix { $0 == 0 }.count
    let wordCount = (bytes.count + 7) / 8
    // A byte is 1.37 digits.
    let capacity = zeros + bytes.count * 138 / 100 + digitsPerWord + 1
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: max(wordCount, 1)) { words in
      words.initialize(repeating: 0)
      defer { SecretMemory.erase(UnsafeMutableRawBufferPointer(words)) }
      // Most significant word first.
      for (place, byte) in bytes.enumerated() {
        let fromEnd = bytes.count - 1 - place
        words[wordCount - 1 - fromEnd / 8] |= UInt64(byte) << UInt64(fromEnd % 8 * 8)
      }
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { text in
        let start = writeDigits(of: UnsafeMutableBufferPointer(rebasing: words[..<wordCount]), at: text, zeros)
        return String(decoding: text[start...], as: UTF8.self)
      }
    }
  }

  /// Writes to the end of `text` and answers where it begins. The words are used up.
  private static func writeDigits(
    of words: UnsafeMutableBufferPointer<UInt64>, at text: UnsafeMutableBufferPointer<UInt8>, _ zeros: Int
  ) -> Int {
    text.initialize(repeating: alphabet[0])
    var end = text.count
    var first = 0
    while first < words.count {
      guard words[first] != 0 else {
        first += 1
        continue
      }
      var rest: UInt64 = 0
      for index in first..<words.count {
        (words[index], rest) = wordScale.dividingFullWidth((rest, words[index]))
      }
      for place in 1...digitsPerWord {
        text[end - place] = alphabet[Int(rest % 58)]
        rest /= 58
      }
      end -= digitsPerWord
    }
    while end < text.count, text[end] == alphabet[0] { end += 1 }
    return end - zeros
  }

  /// - Throws: `Base58Error`.
  public static func decode(_ text: String) throws(Base58Error) -> [UInt8] {
    var bytes: [UInt8] = []
    try withDecoded(text) { bytes = Array($0) }
    return bytes
  }

  /// Base58 of the bytes followed by their checksum.
  public static func encodeChecked(_ bytes: some Collection<UInt8>) -> String {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: bytes.count + 4) { buffer in
      _ = buffer.initialize(from: bytes)
      defer { SecretMemory.erase(UnsafeMutableRawBufferPointer(buffer)) }
      let sum = checksum(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<bytes.count]))
      for place in 0..<4 { buffer[bytes.count + place] = UInt8(truncatingIfNeeded: sum >> UInt32(24 - place * 8)) }
      return encode(buffer)
    }
  }

  /// The bytes without the checksum, once it is verified.
  public static func decodeChecked(_ text: String) throws(Base58Error) -> [UInt8] {
    var bytes: [UInt8] = []
    try withDecodedChecked(text) { bytes = Array($0) }
    return bytes
  }

  /// Like `decodeChecked`, but lends bytes that are zeroed afterwards.
  static func withDecodedChecked(_ text: String, _ body: (UnsafeRawBufferPointer) -> Void) throws(Base58Error) {
    var isGood = false
    try withDecoded(text) { all in
      guard all.count >= 4 else { return }
      let bytes = UnsafeRawBufferPointer(rebasing: all.dropLast(4))
      guard checksum(bytes) == all.suffix(4).reduce(0, { $0 << 8 | UInt32($1) }) else { return }
      isGood = true
      body(bytes)
    }
    guard isGood else { throw .badChecksum }
  }

  private static func withDecoded(
    _ text: String, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(Base58Error) {
    guard text.utf8.count <= lengthMax else { throw .tooLong(text.utf8.count) }
    var text = text
    let isGood = text.withUTF8 { ascii in
      withUnsafeTemporaryAllocation(of: UInt64.self, capacity: wordsMax) { words in
        defer { SecretMemory.erase(UnsafeMutableRawBufferPointer(words)) }
        guard let used = readDigits(ascii, words) else { return false }
        let zeros = ascii.prefix { $0 == alphabet[0] }.count
        withBytes(of: UnsafeMutableBufferPointer(rebasing: words[..<used]), zeros, body)
        return true
      }
    }
    guard !isGood else { return }
    for (position, character) in text.enumerated() {
      guard let ascii = character.asciiValue, values[Int(ascii)] < 58 else {
        throw .badCharacter(position: position, character: character)
      }
    }
  }

  /// Reads at most `lengthMax` digits into words, least significant first; nil where there is another character.
  private static func readDigits(
    _ ascii: UnsafeBufferPointer<UInt8>, _ words: UnsafeMutableBufferPointer<UInt64>
  ) -> Int? {
    var used = 0
    var position = 0
    while position < ascii.count {
      let end = min(position + digitsPerWord, ascii.count)
      var (carry, scale): (UInt64, UInt64) = (0, 1)
      while position < end {
        let value = values[Int(ascii[position])]
        guard value < 58 else { return nil }
        carry = carry * 58 + UInt64(value)
        scale *= 58
        position += 1
      }
      for index in 0..<used {
        let product = words[index].multipliedFullWidth(by: scale)
        let (sum, overflows) = product.low.addingReportingOverflow(carry)
        words[index] = sum
        carry = product.high + (overflows ? 1 : 0)
      }
      if carry > 0 {
        words[used] = carry
        used += 1
      }
    }
    return used
  }

  /// The number as bytes, most significant first and without zeros, behind the zeros that stand before it.
  private static func withBytes(
    of words: UnsafeMutableBufferPointer<UInt64>, _ zeros: Int, _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    let unused = words.last.map { $0.leadingZeroBitCount / 8 } ?? 0
    let count = words.count * 8 - unused
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: zeros + count) { bytes in
      bytes.initialize(repeating: 0)
      defer { SecretMemory.erase(UnsafeMutableRawBufferPointer(bytes)) }
      for place in 0..<count {
        bytes[zeros + count - 1 - place] = UInt8(truncatingIfNeeded: words[place / 8] >> UInt64(place % 8 * 8))
      }
      body(UnsafeRawBufferPointer(bytes))
    }
  }

  /// The first four bytes of SHA-256 of SHA-256.
  private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var outer = SHA256()
    sha256(bytes).withUnsafeBytes { outer.update(bufferPointer: $0) }
    return outer.finalize().withUnsafeBytes { UInt32(bigEndian: $0.loadUnaligned(as: UInt32.self)) }
  }

  private static func sha256(_ bytes: UnsafeRawBufferPointer) -> SHA256.Digest {
    var inner = SHA256()
    inner.update(bufferPointer: bytes)
    return inner.finalize()
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
