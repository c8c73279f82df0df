/// Reads large answers in one pass over their bytes: takes the members that are asked for and only checks that the
/// rest is JSON. Foundation's decoder builds everything first, which for a block of a busy chain takes too long.
///
/// Safe because the pointer lives only inside `read`'s closure and every access asks `byte`, which knows the end.
struct JSONReader {
  /// Why the text is not what it should be, and where.
  struct Fault: Error, CustomStringConvertible {
    let reason: String
    let position: Int

    var description: String { "\(reason) at byte \(position)" }
  }

  /// Java's protobuf printer nests a transaction seven deep.
  static let depthMax = 64

  private let bytes: UnsafeBufferPointer<UInt8>
  private(set) var position = 0
  private var depth = 0
  private var isASCII = true

  private init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// Runs `body` on the text, which must hold exactly the one value that `body` reads.
  /// - Throws: `Fault`, or what `body` throws.
  static func read<Value>(_ text: [UInt8], _ body: (inout JSONReader) throws -> Value) throws -> Value {
    let (value, isASCII) = try text.withUnsafeBufferPointer { bytes in
      var reader = JSONReader(bytes)
      let value = try body(&reader)
      reader.skipSpace()
      guard reader.position == bytes.count else { throw reader.fault("something follows the value") }
      return (value, reader.isASCII)
    }
    guard isASCII || String(validating: text, as: UTF8.self) != nil else {
      throw Fault(reason: "the text is not UTF-8", position: 0)
    }
    return value
  }

  func fault(_ reason: String) -> Fault { Fault(reason: reason, position: position) }

  /// 0 past the end, which no grammar accepts.
  private func byte(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }

  private mutating func skipSpace() {
    while true {
      switch byte(position) {
      case 0x20, 0x0a, 0x0d, 0x09: position += 1
      default: return
      }
    }
  }

  /// Takes the byte if it comes next.
  private mutating func take(_ wanted: UInt8) -> Bool {
    skipSpace()
    guard byte(position) == wanted else { return false }
    position += 1
    return true
  }

  private mutating func nest() throws {
    depth += 1
    guard depth <= Self.depthMax else { throw fault("there are more than \(Self.depthMax) levels") }
  }

  // MARK: Structure

  /// Calls `member` with each name; it must read or skip the value.
  mutating func object(_ member: (inout JSONReader, JSONName) throws -> Void) throws {
    guard take(UInt8(ascii: "{")) else { throw fault("an object was expected") }
    try nest()
    defer { depth -= 1 }
    if take(UInt8(ascii: "}")) { return }
    repeat {
      skipSpace()
      let name = JSONName(digits: try plainString())
      guard take(UInt8(ascii: ":")) else { throw fault("a colon was expected") }
      try member(&self, name)
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw fault("a comma or the object's end was expected") }
  }

  /// Calls `item` for each element; it must read or skip it.
  mutating func array(_ item: (inout JSONReader) throws -> Void) throws {
    guard take(UInt8(ascii: "[")) else { throw fault("an array was expected") }
    try nest()
    defer { depth -= 1 }
    if take(UInt8(ascii: "]")) { return }
    repeat { try item(&self) } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw fault("a comma or the array's end was expected") }
  }

  // MARK: Values

  /// True, and nothing else left to read, where the value is null.
  mutating func null() throws -> Bool {
    skipSpace()
    guard byte(position) == UInt8(ascii: "n") else { return false }
    try word("null")
    return true
  }

  mutating func text() throws -> String {
    String(decoding: UnsafeBufferPointer(rebasing: try plainString()), as: UTF8.self)
  }

  /// Hexadecimal of either case.
  mutating func hex() throws -> [UInt8] {
    let digits = try plainString()
    guard digits.count % 2 == 0 else { throw fault("hexadecimal has an odd number of digits") }
    var isHex = true
    let decoded = [UInt8](unsafeUninitializedCapacity: digits.count / 2) { room, count in
      var source = digits.startIndex
      while source < digits.endIndex {
        let (high, low) = (Self.nibble(digits[source]), Self.nibble(digits[source + 1]))
        if high | low > 15 { isHex = false }
        room.initializeElement(at: count, to: high << 4 | low)
        count += 1
        source += 2
      }
    }
    guard isHex else { throw fault("a string is not hexadecimal") }
    return decoded
  }

  /// Over 15 where the byte is no digit.
  private static func nibble(_ digit: UInt8) -> UInt8 {
    let number = digit &- UInt8(ascii: "0")
    if number < 10 { return number }
    let letter = (digit | 0x20) &- UInt8(ascii: "a")
    return letter < 6 ? letter + 10 : 0xff
  }

  /// A whole number within 64 bits; nothing passes through floating point.
  mutating func integer() throws -> Int64 {
    skipSpace()
    let start = position
    if byte(position) == UInt8(ascii: "-") { position += 1 }
    let digits = position
    while isDigit(byte(position)) { position += 1 }
    guard position > digits, position - digits == 1 || byte(digits) != UInt8(ascii: "0"),
      ![UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(byte(position)),
      let value = Int64(String(decoding: bytes[start..<position], as: UTF8.self))
    else { throw fault("a whole number was expected") }
    return value
  }

  /// Checks a value of any kind and leaves it.
  mutating func skip() throws {
    skipSpace()
    switch byte(position) {
    case UInt8(ascii: "{"):
      try object { reader, _ in try reader.skip() }
    case UInt8(ascii: "["):
      try array { try $0.skip() }
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    default: try number()
    }
  }

  // MARK: Scanning

  private mutating func word(_ word: StaticString) throws {
    for index in 0..<word.utf8CodeUnitCount where byte(position + index) != word.utf8Start[index] {
      throw fault("\(word) was expected")
    }
    position += word.utf8CodeUnitCount
  }

  private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

  private mutating func digits() throws {
    guard isDigit(byte(position)) else { throw fault("a digit was expected") }
    while isDigit(byte(position)) { position += 1 }
  }

  private mutating func number() throws {
    if byte(position) == UInt8(ascii: "-") { position += 1 }
    if byte(position) == UInt8(ascii: "0") { position += 1 } else { try digits() }
    if byte(position) == UInt8(ascii: ".") {
      position += 1
      try digits()
    }
    if byte(position) | 0x20 == UInt8(ascii: "e") {
      position += 1
      if byte(position) == UInt8(ascii: "+") || byte(position) == UInt8(ascii: "-") { position += 1 }
      try digits()
    }
  }

  /// A string without escapes, as all names, numbers in hexadecimal and codes of a node are: what is compared or
  /// decoded must be the bytes that are there.
  private mutating func plainString() throws -> Slice<UnsafeBufferPointer<UInt8>> {
    skipSpace()
    let (content, hasEscapes) = try string()
    guard !hasEscapes else { throw fault("a string has an escape where none belongs") }
    return bytes[content]
  }

  private mutating func string() throws -> (Range<Int>, hasEscapes: Bool) {
    guard byte(position) == UInt8(ascii: "\"") else { throw fault("a string was expected") }
    position += 1
    let start = position
    var hasEscapes = false
    while true {
      let next = byte(position)
      if next == UInt8(ascii: "\"") {
        position += 1
        return (start..<position - 1, hasEscapes)
      } else if next == UInt8(ascii: "\\") {
        hasEscapes = true
        position += 1
        try escape()
      } else if next < 0x20 {
        throw fault(position < bytes.count ? "a string has a control character" : "the text ends inside a string")
      } else {
        if next >= 0x80 { isASCII = false }
        position += 1
      }
    }
  }

  private mutating func escape() throws {
    let kind = byte(position)
    position += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return
    case UInt8(ascii: "u"):
      for _ in 0..<4 {
        guard Self.nibble(byte(position)) < 16 else { throw fault("an escape has no four digits") }
        position += 1
      }
    default: throw fault("a string has an unknown escape")
    }
  }
}

/// The name of a member, to be compared while the reader runs.
struct JSONName {
  let digits: Slice<UnsafeBufferPointer<UInt8>>

  static func == (name: JSONName, text: StaticString) -> Bool {
    name.digits.count == text.utf8CodeUnitCount
      && name.digits.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
