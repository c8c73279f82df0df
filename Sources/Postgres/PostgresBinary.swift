/// The binary form of arrays of bytes, half the size of their text (PostgreSQL's `array_send`).
enum PostgresBinary {
  /// `pg_type.oid` of bytea.
  private static let bytea: Int32 = 17

  static func append(_ items: [[UInt8]], to buffer: inout [UInt8]) throws {
    buffer.reserveCapacity(buffer.count + 20 + items.reduce(0) { $0 + $1.count + 4 })
    let dimensions: Int32 = items.isEmpty ? 0 : 1
    let holdsNulls: Int32 = 0
    for word in [dimensions, holdsNulls, bytea] { append(word, to: &buffer) }
    guard !items.isEmpty else { return }
    let lowerBound: Int32 = 1
    append(try length(items.count), to: &buffer)
    append(lowerBound, to: &buffer)
    for item in items {
      append(try length(item.count), to: &buffer)
      buffer.append(contentsOf: item)
    }
  }

  private static func length(_ count: Int) throws -> Int32 {
    guard let length = Int32(exactly: count) else {
      throw PostgresError(.encoding, "\(count) bytes or items are more than an array may hold.")
    }
    return length
  }

  private static func append(_ word: Int32, to buffer: inout [UInt8]) {
    withUnsafeBytes(of: word.bigEndian) { buffer.append(contentsOf: $0) }
  }
}
