import Foundation

/// Reads JSON text (RFC 8259) once, without recursion, into tokens. Stricter than Foundation where that looks away:
/// every number, escape and byte is checked, read later or not; no comma may trail; no key may come twice.
struct JSONScanner: ~Copyable {
  /// Sixteen of the largest bodies that the bus carries.
  static let bytesMax = 16 * Envelope.bodyBytesMax
  /// Arrays and objects nested deeper than this are refused.
  static let depthMax = 512
  private static let none = UInt32.max

  private let bytes: UnsafeBufferPointer<UInt8>
  private var index = 0
  var tokens: JSONTokens
  /// The innermost open container; while one is open, its `end` is the one around it.
  private var open = JSONScanner.none
  private var depth = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    self.bytes = bytes
    tokens = JSONTokens(capacity: bytes.count / 8)
  }

  /// What the next byte must begin.
  private enum Expectation {
    case value, valueOrEnd, key, keyOrEnd, separator
  }

  mutating func scan() throws(JSONSyntaxError) {
    guard bytes.count <= Self.bytesMax else {
      throw JSONSyntaxError(reason: "\(bytes.count) bytes are more than \(Self.bytesMax)", offset: 0)
    }
    var expected = Expectation.value
    repeat {
      let byte = try next()
      switch expected {
      case .valueOrEnd where byte == UInt8(ascii: "]"), .keyOrEnd where byte == UInt8(ascii: "}"):
        try close()
        expected = .separator
      case .value, .valueOrEnd:
        expected = try value(byte)
      case .key, .keyOrEnd:
        try key(byte)
        expected = .value
      case .separator:
        expected = try separator(byte)
      }
    } while open != Self.none
    skipSpace()
    if index < bytes.count { throw unexpected("after the value") }
  }

  /// The next byte that is no space.
  @inline(__always)
  private mutating func next() throws(JSONSyntaxError) -> UInt8 {
    skipSpace()
    guard index < bytes.count else { throw JSONSyntaxError(reason: "the text ends too early", offset: index) }
    return bytes[index]
  }

  @inline(__always)
  private mutating func skipSpace() {
    while index < bytes.count {
      let byte = bytes[index]
      guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return }
      index += 1
    }
  }

  private func unexpected(_ place: String) -> JSONSyntaxError {
    guard index < bytes.count else { return JSONSyntaxError(reason: "the text ends too early", offset: index) }
    let byte = bytes[index]
    let shown = 0x20..<0x7f ~= byte ? "'\(Character(Unicode.Scalar(byte)))'" : "the byte \(byte)"
    return JSONSyntaxError(reason: "unexpected \(shown) \(place)", offset: index)
  }

  // MARK: - Values

  @inline(__always)
  private mutating func value(_ byte: UInt8) throws(JSONSyntaxError) -> Expectation {
    if open != Self.none, tokens[Int(open)].kind == .array { tokens[Int(open)].extra += 1 }
    switch byte {
    case UInt8(ascii: "\""):
      tokens.append(try string())
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
      try number()
    case UInt8(ascii: "{"):
      try begin(.object)
      return .keyOrEnd
    case UInt8(ascii: "["):
      try begin(.array)
      return .valueOrEnd
    case UInt8(ascii: "t"): try word("true", .true)
    case UInt8(ascii: "f"): try word("false", .false)
    case UInt8(ascii: "n"): try word("null", .null)
    default: throw unexpected("where a value begins")
    }
    return .separator
  }

  private mutating func begin(_ kind: JSONToken.Kind) throws(JSONSyntaxError) {
    guard depth < Self.depthMax else {
      throw JSONSyntaxError(reason: "more than \(Self.depthMax) nested objects and arrays", offset: index)
    }
    depth += 1
    let token = UInt32(tokens.count)
    tokens.append(JSONToken(kind: kind, start: UInt32(index), end: open))
    open = token
    index += 1
  }

  private mutating func close() throws(JSONSyntaxError) {
    let container = Int(open)
    open = tokens[container].end
    tokens[container].end = UInt32(tokens.count)
    depth -= 1
    index += 1
    guard tokens[container].kind == .object else { return }
    if tokens[container].flags.contains(.unordered) { try refuseTwins(container) }
    tokens[container].extra = UInt32(container + 1)
  }

  private mutating func separator(_ byte: UInt8) throws(JSONSyntaxError) -> Expectation {
    let isObject = tokens[Int(open)].kind == .object
    if byte == UInt8(ascii: ",") {
      index += 1
      return isObject ? .key : .value
    }
    guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
      throw unexpected(isObject ? "in an object" : "in an array")
    }
    try close()
    return .separator
  }

  private mutating func word(_ text: StaticString, _ kind: JSONToken.Kind) throws(JSONSyntaxError) {
    let end = index + text.utf8CodeUnitCount
    guard end <= bytes.count, let base = bytes.baseAddress,
      memcmp(base + index, text.utf8Start, text.utf8CodeUnitCount) == 0
    else { throw JSONSyntaxError(reason: "a word that is not '\(text)'", offset: index) }
    tokens.append(JSONToken(kind: kind, start: UInt32(index), end: UInt32(end)))
    index = end
  }

  private mutating func number() throws(JSONSyntaxError) {
    let start = index
    var flags = JSONToken.Flags.integer
    if bytes[index] == UInt8(ascii: "-") { index += 1 }
    if index < bytes.count, bytes[index] == UInt8(ascii: "0") {
      index += 1
      if index < bytes.count, bytes[index] &- 0x30 < 10 { throw unexpected("after a leading zero") }
    } else {
      try digits()
    }
    if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
      flags = []
      index += 1
      try digits()
    }
    if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
      flags = []
      index += 1
      if index < bytes.count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
      try digits()
    }
    tokens.append(JSONToken(kind: .number, flags: flags, start: UInt32(start), end: UInt32(index)))
  }

  @inline(__always)
  private mutating func digits() throws(JSONSyntaxError) {
    let start = index
    while index < bytes.count, bytes[index] &- 0x30 < 10 { index += 1 }
    if index == start { throw unexpected("in a number") }
  }

  // MARK: - Keys

  private mutating func key(_ byte: UInt8) throws(JSONSyntaxError) {
    guard byte == UInt8(ascii: "\"") else { throw unexpected("where a key begins") }
    let object = Int(open)
    let last = Int(tokens[object].extra)
    let token = try string()
    if last != 0, !tokens[object].flags.contains(.unordered), !precedes(tokens[last], token) {
      tokens[object].flags.insert(.unordered)
    }
    tokens[object].extra = UInt32(tokens.count)
    tokens.append(token)
    guard try next() == UInt8(ascii: ":") else { throw unexpected("after a key") }
    index += 1
  }

  /// Whether a key comes before another in the order of bytes. Escapes leave it open.
  @inline(__always)
  private func precedes(_ first: JSONToken, _ second: JSONToken) -> Bool {
    guard !first.flags.contains(.escaped), !second.flags.contains(.escaped), let base = bytes.baseAddress else {
      return false
    }
    let order = memcmp(
      base + Int(first.start), base + Int(second.start), min(first.text.count, second.text.count))
    return order != 0 ? order < 0 : first.text.count < second.text.count
  }

  /// Two readers could disagree about the value of a key that comes twice.
  private func refuseTwins(_ object: Int) throws(JSONSyntaxError) {
    var names: [(name: [UInt8], start: UInt32)] = []
    var token = object + 1
    while token < tokens[object].end {
      let key = tokens[token]
      let text = UnsafeBufferPointer(rebasing: bytes[key.text])
      names.append((key.flags.contains(.escaped) ? JSONText.unescape(text) : Array(text), key.start))
      let value = tokens[token + 1]
      token = value.isContainer ? Int(value.end) : token + 2
    }
    names.sort { $0.name.lexicographicallyPrecedes($1.name) }
    for (first, second) in zip(names, names.dropFirst()) where first.name == second.name {
      let name = String(decoding: first.name.prefix(100), as: UTF8.self)
      throw JSONSyntaxError(reason: "the key '\(name)' comes twice", offset: Int(max(first.start, second.start)))
    }
  }

  // MARK: - Strings

  @inline(__always)
  private mutating func string() throws(JSONSyntaxError) -> JSONToken {
    index += 1
    let start = index
    var flags: JSONToken.Flags = []
    var isASCII = true
    let source = UnsafeRawBufferPointer(bytes)
    while true {
      while index + 8 <= bytes.count {
        let word = source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        if JSONWord.isBeyondASCII(word) { isASCII = false }
        let specials = JSONWord.specials(word)
        if specials != 0 {
          index += specials.trailingZeroBitCount / 8
          break
        }
        index += 8
      }
      guard index < bytes.count else { throw JSONSyntaxError(reason: "a string without end", offset: start) }
      let byte = bytes[index]
      if byte == UInt8(ascii: "\"") { break }
      if byte == UInt8(ascii: "\\") {
        flags = .escaped
        index += try JSONText.escapeLength(bytes, index)
      } else if byte < 0x20 {
        throw unexpected("in a string; escape it")
      } else {
        if byte >= 0x80 { isASCII = false }
        index += 1
      }
    }
    if !isASCII, let fault = JSONText.firstInvalid(UnsafeBufferPointer(rebasing: bytes[start..<index])) {
      throw JSONSyntaxError(reason: "a string that is not UTF-8", offset: start + fault)
    }
    let token = JSONToken(kind: .string, flags: flags, start: UInt32(start), end: UInt32(index))
    index += 1
    return token
  }
}
