/// The text forms that Postgres reads and writes.
enum PostgresText {
  static func append(_ text: String, to buffer: inout [UInt8]) throws {
    guard !text.utf8.contains(0) else {
      throw PostgresError(.encoding, "The text holds a NUL character, which Postgres cannot store; remove it.")
    }
    buffer.append(contentsOf: text.utf8)
  }

  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value > 0 ? "Infinity" : "-Infinity" }
    return value.description
  }

  static func double(_ text: String) -> Double? {
    switch text {
    case "NaN": .nan
    case "Infinity": .infinity
    case "-Infinity": -.infinity
    default: Double(text)
    }
  }

  static func appendHex(_ bytes: [UInt8], to buffer: inout [UInt8]) {
    buffer.append(contentsOf: "\\x".utf8)
    buffer.reserveCapacity(buffer.count + bytes.count * 2 + 1)
    for byte in bytes {
      buffer.append(digit(byte >> 4))
      buffer.append(digit(byte & 15))
    }
  }

  /// Reads `\x0aff…`, the form that the session's `bytea_output` asks for.
  static func bytes(hex text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard text.count >= 2, text.count.isMultiple(of: 2), text[0] == UInt8(ascii: "\\"), text[1] == UInt8(ascii: "x")
    else { return nil }
    var result: [UInt8] = []
    result.reserveCapacity(text.count / 2 - 1)
    for index in stride(from: 2, to: text.count, by: 2) {
      guard let high = nibble(text[index]), let low = nibble(text[index + 1]) else { return nil }
      result.append(high << 4 | low)
    }
    return result
  }

  private static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  private static func nibble(_ digit: UInt8) -> UInt8? {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
