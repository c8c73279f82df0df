/// Writes canonical proto3: ascending fields are the caller's duty, zero values are left out, varints are minimal.
struct ProtobufWriter {
  private(set) var bytes: [UInt8] = []

  mutating func varint(_ field: Int, _ value: Int64) {
    guard value != 0 else { return }
    raw(UInt64(field) << 3)
    raw(UInt64(bitPattern: value))
  }

  mutating func data(_ field: Int, _ value: [UInt8]) {
    guard !value.isEmpty else { return }
    message(field, value)
  }

  /// A nested message: written even when it is empty.
  mutating func message(_ field: Int, _ value: [UInt8]) {
    raw(UInt64(field) << 3 | 2)
    raw(UInt64(value.count))
    bytes += value
  }

  private mutating func raw(_ value: UInt64) {
    var rest = value
    while rest > 0x7f {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
