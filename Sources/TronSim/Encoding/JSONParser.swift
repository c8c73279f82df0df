/// A strict JSON reader with a limit on nesting. Integers stay exact; other numbers become doubles.
struct JSONParser {
  struct Malformed: Error {
    let position: Int
    let reason: String
  }

  private static let depthMaximum = 32
  private let bytes: [UInt8]
  private var position = 0

  static func parse(_ bytes: [UInt8]) throws(Malformed) -> JSON {
    var parser = JSONParser(bytes: bytes)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == bytes.count else { throw parser.malformed("text after the value") }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func malformed(_ reason: String) -> Malformed { Malformed(position: position, reason: reason) }

  private mutating func skipSpace() {
    while position < bytes.count, [0x20, 0x09, 0x0a, 0x0d].contains(bytes[position]) { position += 1 }
  }

  private mutating func next() throws(Malformed) -> UInt8 {
    guard position < bytes.count else { throw malformed("unexpected end") }
    defer { position += 1 }
    return bytes[position]
  }

  private mutating func expect(_ word: StaticString, _ value: JSON) throws(Malformed) -> JSON {
    for byte in word.description.utf8 {
      guard try next() == byte else { throw malformed("unknown word") }
    }
    return value
  }

  private mutating func value(depth: Int) throws(Malformed) -> JSON {
    guard depth <= Self.depthMaximum else { throw malformed("nested too deeply") }
    skipSpace()
    guard position < bytes.count else { throw malformed("unexpected end") }
    switch bytes[position] {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try expect("true", .bool(true))
    case UInt8(ascii: "f"): return try expect("false", .bool(false))
    case UInt8(ascii: "n"): return try expect("null", .null)
    default: return try number()
    }
  }

  private mutating func object(depth: Int) throws(Malformed) -> JSON {
    position += 1
    var members: [(key: String, value: JSON)] = []
    skipSpace()
    if position < bytes.count, bytes[position] == UInt8(ascii: "}") {
      position += 1
      return .object([])
    }
    while true {
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw malformed("a key was expected") }
      let key = try string()
      skipSpace()
      guard try next() == UInt8(ascii: ":") else { throw malformed("':' was expected") }
      members.append((key, try value(depth: depth + 1)))
      skipSpace()
      switch try next() {
      case UInt8(ascii: ","): continue
      case UInt8(ascii: "}"): return .object(members)
      default: throw malformed("',' or '}' was expected")
      }
    }
  }

  private mutating func array(depth: Int) throws(Malformed) -> JSON {
    position += 1
    var elements: [JSON] = []
    skipSpace()
    if position < bytes.count, bytes[position] == UInt8(ascii: "]") {
      position += 1
      return .array([])
    }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      switch try next() {
      case UInt8(ascii: ","): continue
      case UInt8(ascii: "]"): return .array(elements)
      default: throw malformed("',' or ']' was expected")
      }
    }
  }

  private mutating func number() throws(Malformed) -> JSON {
    let start = position
    while position < bytes.count, "+-.eE0123456789".utf8.contains(bytes[position]) { position += 1 }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if let integer = Int64(text) { return .int(integer) }
    if let double = Double(text) { return .double(double) }
    throw malformed("a value was expected")
  }

  private mutating func string() throws(Malformed) -> String {
    position += 1
    var output: [UInt8] = []
    while true {
      let byte = try next()
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: output, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &output)
      case 0..<0x20: throw malformed("control character in a string")
      default: output.append(byte)
      }
    }
  }

  private mutating func escape(into output: inout [UInt8]) throws(Malformed) {
    switch try next() {
    case UInt8(ascii: "n"): output.append(0x0a)
    case UInt8(ascii: "t"): output.append(0x09)
    case UInt8(ascii: "r"): output.append(0x0d)
    case UInt8(ascii: "b"): output.append(0x08)
    case UInt8(ascii: "f"): output.append(0x0c)
    case UInt8(ascii: "\""): output.append(UInt8(ascii: "\""))
    case UInt8(ascii: "\\"): output.append(UInt8(ascii: "\\"))
    case UInt8(ascii: "/"): output.append(UInt8(ascii: "/"))
    case UInt8(ascii: "u"):
      var unit = UInt32(try unicodeUnit())
      if (0xd800..<0xdc00).contains(unit) {
        guard try next() == UInt8(ascii: "\\"), try next() == UInt8(ascii: "u") else {
          throw malformed("half a surrogate pair")
        }
        let low = UInt32(try unicodeUnit())
        guard (0xdc00..<0xe000).contains(low) else { throw malformed("half a surrogate pair") }
        unit = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(unit) else { throw malformed("half a surrogate pair") }
      output += Array(String(Character(scalar)).utf8)
    default: throw malformed("unknown escape")
    }
  }

  private mutating func unicodeUnit() throws(Malformed) -> UInt16 {
    var digits = ""
    for _ in 0..<4 { digits.unicodeScalars.append(Unicode.Scalar(try next())) }
    guard let unit = UInt16(digits, radix: 16) else { throw malformed("four hexadecimal digits were expected") }
    return unit
  }
}
