/// Reads the fields of one protobuf message in wire order.
struct ProtobufReader {
  enum Value {
    case varint(UInt64)
    case bytes([UInt8])
    case fixed64(UInt64)
    case fixed32(UInt32)
  }

  struct Malformed: Error {
    let reason: String
  }

  struct Field {
    let number: Int
    let value: Value

    func int64() throws(Malformed) -> Int64 {
      guard case .varint(let value) = value else { throw Malformed(reason: "field \(number) is no varint") }
      return Int64(bitPattern: value)
    }

    func data() throws(Malformed) -> [UInt8] {
      guard case .bytes(let value) = value else { throw Malformed(reason: "field \(number) is not length-delimited") }
      return value
    }
  }

  private let bytes: ArraySlice<UInt8>
  private var position: Int

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes[...]
    position = 0
  }

  static func fields(of bytes: [UInt8]) throws(Malformed) -> [Field] {
    var reader = ProtobufReader(bytes)
    var fields: [Field] = []
    while reader.position < bytes.count {
      fields.append(try reader.field())
    }
    return fields
  }

  private mutating func field() throws(Malformed) -> Field {
    let tag = try varint()
    let number = Int(truncatingIfNeeded: tag >> 3)
    guard number > 0, tag >> 3 < 1 << 29 else { throw Malformed(reason: "field number out of range") }
    switch tag & 7 {
    case 0: return Field(number: number, value: .varint(try varint()))
    case 1:
      let raw = try take(8)
      return Field(number: number, value: .fixed64(raw.reversed().reduce(0) { $0 << 8 | UInt64($1) }))
    case 2:
      let length = try varint()
      guard length <= UInt64(bytes.count) else { throw Malformed(reason: "length beyond the end") }
      return Field(number: number, value: .bytes(Array(try take(Int(length)))))
    case 5:
      let raw = try take(4)
      return Field(number: number, value: .fixed32(raw.reversed().reduce(0) { $0 << 8 | UInt32($1) }))
    default: throw Malformed(reason: "wire type \(tag & 7) is not supported")
    }
  }

  private mutating func take(_ count: Int) throws(Malformed) -> ArraySlice<UInt8> {
    guard bytes.count - position >= count else { throw Malformed(reason: "message ends inside a field") }
    defer { position += count }
    return bytes[position..<(position + count)]
  }

  private mutating func varint() throws(Malformed) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 64 {
      guard position < bytes.count else { throw Malformed(reason: "message ends inside a number") }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7f) << shift
      if byte & 0x80 == 0 { return value }
      shift += 7
    }
    throw Malformed(reason: "number longer than 10 bytes")
  }
}
