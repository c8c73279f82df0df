/// A statement with its parameters in libpq's form: texts, which end with NUL, and bytes in one buffer.
struct PostgresStatement {
  /// The protocol counts parameters in 16 bits.
  static let parameterLimit = 65_535

  let sql: String
  /// Where each begins in `buffer`; -1 is null.
  let offsets: [Int]
  /// The size of each that is binary; libpq looks for the end of a text itself.
  let lengths: [Int32]
  /// 1: binary.
  let formats: [Int32]
  let buffer: [UInt8]

  init(_ sql: String, _ parameters: [PostgresValue]) throws {
    guard parameters.count <= Self.parameterLimit else {
      throw PostgresError(
        .limit,
        "\(parameters.count) parameters exceed the protocol's \(Self.parameterLimit); pass arrays and unnest them.")
    }
    var buffer: [UInt8] = []
    var offsets: [Int] = []
    var lengths = [Int32](repeating: 0, count: parameters.count)
    var formats = lengths
    offsets.reserveCapacity(parameters.count)
    for (index, parameter) in parameters.enumerated() {
      let start = buffer.count
      switch try parameter.append(to: &buffer) {
      case .null: offsets.append(-1)
      case .text: offsets.append(start)
      case .binary:
        offsets.append(start)
        guard let length = Int32(exactly: buffer.count - start) else {
          throw PostgresError(.limit, "Parameter \(index + 1) has \(buffer.count - start) bytes; split it.")
        }
        (lengths[index], formats[index]) = (length, 1)
      }
    }
    // The last may be empty bytes: the pointer to them must lie inside the buffer.
    buffer.append(0)
    self.sql = sql
    self.offsets = offsets
    self.lengths = lengths
    self.formats = formats
    self.buffer = buffer
  }

  /// Calls `body` with the parameters as libpq wants them: count, values, lengths, formats. The pointers are valid only
  /// inside.
  func withParameters<T>(
    _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> T
  ) -> T {
    buffer.withUnsafeBytes { bytes in
      let values: [UnsafePointer<CChar>?] = offsets.map { offset in
        offset < 0 ? nil : bytes.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self)
      }
      return values.withUnsafeBufferPointer { values in
        lengths.withUnsafeBufferPointer { lengths in
          formats.withUnsafeBufferPointer { formats in
            body(Int32(values.count), values.baseAddress, lengths.baseAddress, formats.baseAddress)
          }
        }
      }
    }
  }
}
