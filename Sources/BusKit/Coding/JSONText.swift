/// The inside of JSON strings: escapes and UTF-8.
enum JSONText {
  /// The length of the escape at a backslash: 2, 6, or 12 for a pair of surrogates.
  static func escapeLength(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) throws(JSONSyntaxError) -> Int {
    guard index + 1 < bytes.count else { throw JSONSyntaxError(reason: "a string without end", offset: index) }
    switch bytes[index + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return 2
    case UInt8(ascii: "u"):
      guard let unit = codeUnit(bytes, index) else {
        throw JSONSyntaxError(reason: "\\u without four hexadecimal digits", offset: index)
      }
      guard 0xd800..<0xe000 ~= unit else { return 6 }
      guard unit < 0xdc00, let low = codeUnit(bytes, index + 6), 0xdc00..<0xe000 ~= low else {
        throw JSONSyntaxError(reason: "half of a surrogate pair", offset: index)
      }
      return 12
    default:
      throw JSONSyntaxError(reason: "an unknown escape", offset: index)
    }
  }

  /// The value of `\uXXXX`.
  private static func codeUnit(_ bytes: UnsafeBufferPointer<UInt8>, _ index: Int) -> UInt32? {
    guard index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
      return nil
    }
    var unit: UInt32 = 0
    for place in 2..<6 {
      guard let digit = Hexadecimal.value(bytes[index + place]) else { return nil }
      unit = unit << 4 | UInt32(digit)
    }
    return unit
  }

  /// The UTF-8 that a checked string stands for.
  static func unescape(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = 0
    while index < text.count {
      guard text[index] == UInt8(ascii: "\\"), index + 1 < text.count else {
        result.append(text[index])
        index += 1
        continue
      }
      let letter = text[index + 1]
      if letter == UInt8(ascii: "u"), let unit = codeUnit(text, index) {
        index += 6
        var scalar = unit
        if 0xd800..<0xdc00 ~= unit, let low = codeUnit(text, index), 0xdc00..<0xe000 ~= low {
          scalar = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
          index += 6
        }
        result.append(contentsOf: String(Character(Unicode.Scalar(scalar) ?? "\u{fffd}")).utf8)
      } else {
        index += 2
        result.append(plain(letter))
      }
    }
    return result
  }

  private static func plain(_ letter: UInt8) -> UInt8 {
    switch letter {
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0c
    case UInt8(ascii: "n"): 0x0a
    case UInt8(ascii: "r"): 0x0d
    case UInt8(ascii: "t"): 0x09
    default: letter
    }
  }

  /// nil for bytes that are not UTF-8.
  static func string(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    firstInvalid(bytes) == nil ? String(decoding: bytes, as: UTF8.self) : nil
  }

  /// Where bytes stop being UTF-8 (Unicode 15, table 3-7: no overlong forms, no surrogates); nil if they are.
  static func firstInvalid(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    let source = UnsafeRawBufferPointer(bytes)
    var index = 0
    while index < bytes.count {
      while index + 8 <= bytes.count,
        !JSONWord.isBeyondASCII(source.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      {
        index += 8
      }
      guard index < bytes.count else { break }
      let byte = bytes[index]
      if byte < 0x80 {
        index += 1
        continue
      }
      let length: Int
      let second: ClosedRange<UInt8>
      switch byte {
      case 0xc2...0xdf: (length, second) = (2, 0x80...0xbf)
      case 0xe0: (length, second) = (3, 0xa0...0xbf)
      case 0xed: (length, second) = (3, 0x80...0x9f)
      case 0xe1...0xef: (length, second) = (3, 0x80...0xbf)
      case 0xf0: (length, second) = (4, 0x90...0xbf)
      case 0xf1...0xf3: (length, second) = (4, 0x80...0xbf)
      case 0xf4: (length, second) = (4, 0x80...0x8f)
      default: return index
      }
      guard index + length <= bytes.count, second ~= bytes[index + 1] else { return index }
      for place in 2..<max(2, length) where bytes[index + place] & 0xc0 != 0x80 { return index }
      index += length
    }
    return nil
  }
}
