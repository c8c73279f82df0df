/// Writes proto3 as nodes do: ascending fields, minimal varints, zero values left out. The transaction id depends on
/// each byte.
struct ProtobufWriter {
  private(set) var bytes: [UInt8]

  /// - Parameter capacity: bytes that are likely needed.
  init(capacity: Int = 64) {
    bytes = []
    bytes.reserveCapacity(capacity)
  }

  mutating func integer(_ field: UInt32, _ value: Int64) {
    guard value != 0 else { return }
    varint(UInt64(field) << 3)
    varint(UInt64(bitPattern: value))
  }

  mutating func bool(_ field: UInt32, _ value: Bool) {
    integer(field, value ? 1 : 0)
  }

  mutating func data(_ field: UInt32, _ value: [UInt8]) {
    guard !value.isEmpty else { return }
    message(field, value)
  }

  mutating func text(_ field: UInt32, _ value: String) {
    guard !value.isEmpty else { return }
    varint(UInt64(field) << 3 | 2)
    varint(UInt64(value.utf8.count))
    bytes.append(contentsOf: value.utf8)
  }

  /// A submessage is written also when it is empty: being there says something.
  mutating func message(_ field: UInt32, _ value: [UInt8]) {
    varint(UInt64(field) << 3 | 2)
    varint(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  /// Bytes that are encoded already.
  mutating func append(_ encoded: [UInt8]) {
    bytes.append(contentsOf: encoded)
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
