/// A statement with its parameters in libpq's form: NUL-ended texts in one buffer, and where each begins.
struct PostgresStatement {
  /// The protocol counts parameters in 16 bits.
  static let parameterLimit = 65_535

  let sql: String
  /// Offsets into `buffer`; -1 is null.
  let offsets: [Int]
  let buffer: [UInt8]

  init(_ sql: String, _ parameters: [PostgresValue]) throws {
    guard parameters.count <= Self.parameterLimit else {
      throw PostgresError(
        .limit,
        "\(parameters.count) parameters exceed the protocol's \(Self.parameterLimit); pass arrays and unnest them.")
    }
    var buffer: [UInt8] = []
    var offsets: [Int] = []
    offsets.reserveCapacity(parameters.count)
    for parameter in parameters {
      let start = buffer.count
      offsets.append(try parameter.append(to: &buffer) ? start : -1)
    }
    self.sql = sql
    self.offsets = offsets
    self.buffer = buffer
  }

  /// Calls `body` with the parameters as libpq wants them; the pointers are valid only inside.
  func withParameters<T>(_ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?) -> T) -> T {
    buffer.withUnsafeBytes { bytes in
      let texts: [UnsafePointer<CChar>?] = offsets.map { offset in
        offset < 0 ? nil : bytes.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self)
      }
      return texts.withUnsafeBufferPointer { body(Int32($0.count), $0.baseAddress) }
    }
  }
}
