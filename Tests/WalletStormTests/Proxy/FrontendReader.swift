import NIOCore

/// Reads what a client says to Postgres (protocol 3.0, unencrypted), message by message, and knows the statements of
/// its transactions.
struct FrontendReader {
  enum Step {
    /// Passed on as it is.
    case message(ByteBuffer)
    /// Runs a statement; `number` counts those of the transaction from its begin, nil outside of one.
    case execute(ByteBuffer, sql: String, number: Int?)
  }

  private var buffer = ByteBuffer()
  private var hasStarted = false
  /// Prepared statements by name.
  private var prepared: [String: String] = [:]
  private var bound = ""
  private var count: Int?

  mutating func append(_ bytes: ByteBuffer) { buffer.writeImmutableBuffer(bytes) }

  /// nil: the next message is not complete.
  mutating func next() -> Step? {
    // The first message has no type byte.
    let head = hasStarted ? 1 : 0
    guard let length = buffer.getInteger(at: buffer.readerIndex + head, as: Int32.self),
      let whole = buffer.readSlice(length: head + Int(length))
    else { return nil }
    buffer.discardReadBytes()
    guard hasStarted else {
      hasStarted = true
      return .message(whole)
    }
    var body = whole
    let type = body.readInteger(as: UInt8.self)
    body.moveReaderIndex(forwardBy: 4)
    switch type {
    case UInt8(ascii: "P"):
      let name = body.readNullTerminatedString() ?? ""
      prepared[name] = body.readNullTerminatedString() ?? ""
    case UInt8(ascii: "B"):
      _ = body.readNullTerminatedString()
      bound = prepared[body.readNullTerminatedString() ?? ""] ?? ""
    case UInt8(ascii: "Q"):
      // A rollback, or what a fresh session sets.
      count = nil
    case UInt8(ascii: "E"):
      return execute(whole)
    default: break
    }
    return .message(whole)
  }

  private mutating func execute(_ message: ByteBuffer) -> Step {
    if bound == "begin" { count = 0 }
    count = count.map { $0 + 1 }
    defer { if bound == "commit" { count = nil } }
    return .execute(message, sql: bound, number: count)
  }
}

/// Waits for the server's word on a commit.
struct CommitReader {
  enum Outcome { case committed, notCommitted }
  private var buffer = ByteBuffer()
  /// Everything that came, for a client that is to have it after all.
  private(set) var all = ByteBuffer()

  mutating func append(_ bytes: ByteBuffer) {
    buffer.writeImmutableBuffer(bytes)
    all.writeImmutableBuffer(bytes)
  }

  /// nil: not said yet.
  mutating func next() -> Outcome? {
    while let length = buffer.getInteger(at: buffer.readerIndex + 1, as: Int32.self),
      var message = buffer.readSlice(length: 1 + Int(length))
    {
      let type = message.readInteger(as: UInt8.self)
      message.moveReaderIndex(forwardBy: 4)
      if type == UInt8(ascii: "C"), message.readNullTerminatedString() == "COMMIT" { return .committed }
      if type == UInt8(ascii: "Z") { return .notCommitted }
    }
    return nil
  }
}
