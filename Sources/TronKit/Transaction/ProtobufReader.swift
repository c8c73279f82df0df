/// Reads the fields of one protobuf message, in whatever order they come.
struct ProtobufReader {
  enum Value {
    case integer(UInt64)
    case data([UInt8])
    /// fixed32 and fixed64, which TRON's messages do not use.
    case other
  }

  struct Field {
    let number: UInt64
    let value: Value
  }

  private let bytes: [UInt8]
  private var position = 0

  /// The fields of a whole message.
  static func fields(of bytes: [UInt8], in name: String) throws(TransactionError) -> [Field] {
    var reader = ProtobufReader(bytes: bytes)
    var fields: [Field] = []
    while reader.position < bytes.count {
      fields.append(try reader.field(in: name))
    }
    return fields
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private mutating func field(in name: String) throws(TransactionError) -> Field {
    let tag = try varint(name)
    let number = tag >> 3
    guard number > 0 else { throw .malformed("\(name) has a field 0 at byte \(position)") }
    switch tag & 7 {
    case 0: return Field(number: number, value: .integer(try varint(name)))
    case 1: return Field(number: number, value: try skip(8, name))
    case 2:
      let count = try varint(name)
      guard count <= UInt64(bytes.count - position) else {
        throw .malformed("field \(number) of \(name) says \(count) bytes, but \(bytes.count - position) are left")
      }
      let end = position + Int(count)
      defer { position = end }
      return Field(number: number, value: .data(Array(bytes[position..<end])))
    case 5: return Field(number: number, value: try skip(4, name))
    default: throw .malformed("field \(number) of \(name) has the unknown wire type \(tag & 7)")
    }
  }

  private mutating func skip(_ count: Int, _ name: String) throws(TransactionError) -> Value {
    guard bytes.count - position >= count else { throw .malformed("\(name) ends within a field") }
    position += count
    return .other
  }

  private mutating func varint(_ name: String) throws(TransactionError) -> UInt64 {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard position < bytes.count else { throw .malformed("\(name) ends within a number") }
      let byte = bytes[position]
      position += 1
      guard shift < 63 || byte <= 1 else { break }
      value |= UInt64(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    throw .malformed("\(name) has a number of more than 64 bits")
  }
}

extension ProtobufReader.Field {
  func integer(_ name: String) throws(TransactionError) -> Int64 {
    guard case .integer(let value) = value else { throw .malformed("field \(number) of \(name) is not a number") }
    return Int64(bitPattern: value)
  }

  func data(_ name: String) throws(TransactionError) -> [UInt8] {
    guard case .data(let value) = value else { throw .malformed("field \(number) of \(name) is not a byte string") }
    return value
  }

  func address(_ name: String) throws(TransactionError) -> TronAddress {
    let bytes = try data(name)
    do throws(TronAddressError) {
      return try TronAddress(bytes: bytes)
    } catch {
      throw .malformed("field \(number) of \(name): \(error.description)")
    }
  }
}
