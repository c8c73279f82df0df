/// Array literals of one dimension: `{"a","b\"c"}`.
enum PostgresArrayText {
  static func append<T>(
    _ items: [T], to buffer: inout [UInt8], _ append: (T, inout [UInt8]) throws -> Void
  ) rethrows {
    buffer.append(UInt8(ascii: "{"))
    for (index, item) in items.enumerated() {
      if index > 0 { buffer.append(UInt8(ascii: ",")) }
      try append(item, &buffer)
    }
    buffer.append(UInt8(ascii: "}"))
  }

  /// A quoted item: the word NULL, commas, braces and blanks stay text.
  static func append(quoting item: String, to buffer: inout [UInt8]) throws {
    buffer.append(UInt8(ascii: "\""))
    for byte in item.utf8 {
      guard byte != 0 else {
        throw PostgresError(
          .encoding, "An item of the array holds a NUL character, which Postgres cannot store; remove it.")
      }
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { buffer.append(UInt8(ascii: "\\")) }
      buffer.append(byte)
    }
    buffer.append(UInt8(ascii: "\""))
  }

  /// The items of a literal; nil if it is not one, has several dimensions, or holds a null.
  static func items(_ text: String) -> [String]? {
    var bytes = Substring(text).utf8
    guard bytes.popFirst() == UInt8(ascii: "{"), bytes.popLast() == UInt8(ascii: "}") else { return nil }
    if bytes.isEmpty { return [] }
    var items: [String] = []
    while true {
      guard let item = nextItem(&bytes) else { return nil }
      items.append(item)
      guard let separator = bytes.popFirst() else { return items }
      guard separator == UInt8(ascii: ",") else { return nil }
    }
  }

  private static func nextItem(_ bytes: inout Substring.UTF8View) -> String? {
    var item: [UInt8] = []
    let quoted = bytes.first == UInt8(ascii: "\"")
    if quoted { bytes.removeFirst() }
    while let byte = bytes.first {
      if !quoted, byte == UInt8(ascii: ",") { break }
      bytes.removeFirst()
      if quoted, byte == UInt8(ascii: "\"") { return String(validating: item, as: UTF8.self) }
      if !quoted, byte == UInt8(ascii: "{") { return nil }
      if byte == UInt8(ascii: "\\") {
        guard let escaped = bytes.popFirst() else { return nil }
        item.append(escaped)
      } else {
        item.append(byte)
      }
    }
    guard !quoted, !item.isEmpty, let word = String(validating: item, as: UTF8.self), word != "NULL" else { return nil }
    return word
  }
}
