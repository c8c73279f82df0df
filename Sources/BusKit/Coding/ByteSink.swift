/// Bytes that are only appended to: the raw memory behind `JSONTree`, without an array's checks for each byte.
///
/// Every append reserves first, and nothing outside this file writes to `base`.
struct ByteSink: ~Copyable {
  private(set) var base: UnsafeMutablePointer<UInt8>
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int) {
    self.capacity = max(64, capacity)
    base = .allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  /// Makes room for so many further bytes.
  @inline(__always)
  mutating func reserve(_ more: Int) {
    if capacity - count < more { grow(more) }
  }

  @inline(never)
  private mutating func grow(_ more: Int) {
    let larger = max(capacity * 2, count + more)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    moved.update(from: base, count: count)
    base.deallocate()
    base = moved
    capacity = larger
  }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    reserve(1)
    base[count] = byte
    count += 1
  }

  mutating func append(_ text: StaticString) {
    append(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let source = bytes.baseAddress else { return }
    reserve(bytes.count)
    (base + count).update(from: source, count: bytes.count)
    count += bytes.count
  }

  mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append($0) }
  }

  /// Appends bytes that are already here.
  mutating func append(repeating range: Range<Int>) {
    reserve(range.count)
    (base + count).update(from: base + range.lowerBound, count: range.count)
    count += range.count
  }

  /// Lets `write` fill up to `most` bytes; it returns how many it has written.
  @inline(__always)
  mutating func append(most: Int, _ write: (UnsafeMutablePointer<UInt8>) -> Int) {
    reserve(most)
    count += write(base + count)
  }

  mutating func append(decimal value: UInt64, isNegative: Bool) {
    var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
    withUnsafeMutableBytes(of: &digits) { digits in
      var rest = value
      var first = 24
      repeat {
        first -= 1
        let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
        digits[first] = UInt8(truncatingIfNeeded: digit) | 0x30
        rest = quotient
      } while rest != 0
      if isNegative {
        first -= 1
        digits[first] = UInt8(ascii: "-")
      }
      append(UnsafeBufferPointer(rebasing: digits.bindMemory(to: UInt8.self)[first...]))
    }
  }
}

// MARK: - Strings

extension ByteSink {
  /// Appends a JSON string and says whether anything in it had to be escaped. Slashes are not, nor is anything beyond
  /// ASCII.
  @discardableResult
  mutating func append(quoted text: String) -> Bool {
    var text = text
    return text.withUTF8 { append(quoted: $0) }
  }

  private mutating func append(quoted utf8: UnsafeBufferPointer<UInt8>) -> Bool {
    let length = utf8.count
    reserve(length + 2)
    base[count] = UInt8(ascii: "\"")
    let target = base + count + 1
    let source = UnsafeRawBufferPointer(utf8)
    var index = 0
    while index + 8 <= length {
      let word = source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      guard JSONWord.specials(word) == 0 else { break }
      UnsafeMutableRawPointer(target + index).storeBytes(of: word, as: UInt64.self)
      index += 8
    }
    while index < length {
      let byte = utf8[index]
      if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
        count += index + 1
        escape(UnsafeBufferPointer(rebasing: utf8[index...]))
        return true
      }
      target[index] = byte
      index += 1
    }
    target[length] = UInt8(ascii: "\"")
    count += length + 2
    return false
  }

  /// The rest of a string, and its closing quote.
  @inline(never)
  private mutating func escape(_ utf8: UnsafeBufferPointer<UInt8>) {
    // A control character takes six bytes.
    reserve(utf8.count * 6 + 1)
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(escaped: byte)
      case 0x08: append(escaped: UInt8(ascii: "b"))
      case 0x09: append(escaped: UInt8(ascii: "t"))
      case 0x0a: append(escaped: UInt8(ascii: "n"))
      case 0x0c: append(escaped: UInt8(ascii: "f"))
      case 0x0d: append(escaped: UInt8(ascii: "r"))
      case 0..<0x20:
        append("\\u00")
        append(Hexadecimal.lower(byte >> 4))
        append(Hexadecimal.lower(byte & 15))
      default: append(byte)
      }
    }
    append(UInt8(ascii: "\""))
  }

  private mutating func append(escaped letter: UInt8) {
    append(UInt8(ascii: "\\"))
    append(letter)
  }

  /// Standard base64 with padding, quoted.
  mutating func append(base64 bytes: UnsafeRawBufferPointer) {
    reserve((bytes.count + 2) / 3 * 4 + 2)
    append(UInt8(ascii: "\""))
    var index = 0
    while index < bytes.count {
      let left = min(3, bytes.count - index)
      var group = UInt32(bytes[index]) << 16
      if left > 1 { group |= UInt32(bytes[index + 1]) << 8 }
      if left > 2 { group |= UInt32(bytes[index + 2]) }
      for place in 0..<4 {
        append(place <= left ? Self.base64(UInt8(truncatingIfNeeded: group >> (18 - 6 * UInt32(place))) & 63) : 0x3d)
      }
      index += 3
    }
    append(UInt8(ascii: "\""))
  }

  private static func base64(_ value: UInt8) -> UInt8 {
    switch value {
    case 0..<26: UInt8(ascii: "A") + value
    case 26..<52: UInt8(ascii: "a") + (value - 26)
    case 52..<62: UInt8(ascii: "0") + (value - 52)
    case 62: UInt8(ascii: "+")
    default: UInt8(ascii: "/")
    }
  }
}

/// Eight bytes of JSON text at once.
enum JSONWord {
  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highs: UInt64 = 0x8080_8080_8080_8080

  /// Not zero when a byte is a quote, a backslash or a control character. The lowest bit set belongs to the first such
  /// byte in memory; bits above it may be false alarms.
  @inline(__always)
  static func specials(_ word: UInt64) -> UInt64 {
    let word = UInt64(littleEndian: word)
    let quote = word ^ (ones &* 0x22)
    let backslash = word ^ (ones &* 0x5c)
    let control = (word &- ones &* 0x20) & ~word
    return (((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash) | control) & highs
  }

  /// Whether a byte is beyond ASCII.
  @inline(__always)
  static func isBeyondASCII(_ word: UInt64) -> Bool { word & highs != 0 }
}

enum Hexadecimal {
  @inline(__always)
  static func lower(_ digit: UInt8) -> UInt8 { digit < 10 ? digit + 0x30 : digit + 0x57 }

  @inline(__always)
  static func upper(_ digit: UInt8) -> UInt8 { digit < 10 ? digit + 0x30 : digit + 0x37 }

  /// The value of a digit of either case; nil for any other byte.
  @inline(__always)
  static func value(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}
