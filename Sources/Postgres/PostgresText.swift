import Foundation

/// The text forms that Postgres reads and writes.
enum PostgresText {
  static func append(_ text: String, to buffer: inout [UInt8]) throws {
    guard !text.utf8.contains(0) else {
      throw PostgresError(.encoding, "The text holds a NUL character, which Postgres cannot store; remove it.")
    }
    buffer.append(contentsOf: text.utf8)
  }

  static func append(_ number: Int64, to buffer: inout [UInt8]) {
    if number < 0 { buffer.append(UInt8(ascii: "-")) }
    let start = buffer.count
    var rest = number.magnitude
    repeat {
      buffer.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    buffer[start...].reverse()
  }

  static func append(_ uuid: UUID, to buffer: inout [UInt8]) {
    withUnsafeBytes(of: uuid.uuid) { bytes in
      for (index, byte) in bytes.enumerated() {
        if hasDash(before: index) { buffer.append(UInt8(ascii: "-")) }
        buffer.append(digit(byte >> 4))
        buffer.append(digit(byte & 15))
      }
    }
  }

  private static func hasDash(before byte: Int) -> Bool { byte == 4 || byte == 6 || byte == 8 || byte == 10 }

  /// Reads the one form that the server writes: 36 characters, four dashes.
  static func uuid(_ text: UnsafeRawBufferPointer) -> UUID? {
    guard text.count == 36 else { return nil }
    var uuid: uuid_t = (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    var position = 0
    let isComplete = withUnsafeMutableBytes(of: &uuid) { bytes in
      for index in 0..<16 {
        if hasDash(before: index) {
          guard text[position] == UInt8(ascii: "-") else { return false }
          position += 1
        }
        guard let high = nibble(text[position]), let low = nibble(text[position + 1]) else { return false }
        bytes[index] = high << 4 | low
        position += 2
      }
      return true
    }
    return isComplete ? UUID(uuid: uuid) : nil
  }

  static func integer(_ text: UnsafeRawBufferPointer) -> Int64? {
    let isNegative = text.first == UInt8(ascii: "-")
    let digits = isNegative ? text.dropFirst() : text[...]
    guard !digits.isEmpty else { return nil }
    var value: Int64 = 0
    for byte in digits {
      let digit = Int64(byte) - Int64(UInt8(ascii: "0"))
      guard (0...9).contains(digit) else { return nil }
      let (tens, overflowed) = value.multipliedReportingOverflow(by: 10)
      let (next, overflowedToo) = isNegative
        ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
      if overflowed || overflowedToo { return nil }
      value = next
    }
    return value
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
