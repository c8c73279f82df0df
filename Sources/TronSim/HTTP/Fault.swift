/// A failure to act out on the next calls of one path.
struct Fault: Sendable {
  enum Mode: String, Sendable {
    /// Answers 500 and does nothing.
    case dropBefore = "drop_before"
    /// Does it and answers 500.
    case dropAfter = "drop_after"
    /// Answers java-tron's internal error with status 200 and does nothing.
    case error
    /// Waits, then does it.
    case delay
    /// Answers as an overloaded node does, and does nothing.
    case busy
  }

  static let countMaximum: Int64 = 1_000_000
  static let delayMaximumMs: Int64 = 600_000

  let path: String
  let mode: Mode
  var count: Int64
  let delayMs: Int64

  init(_ parameters: APIParameters) throws(APIError) {
    path = parameters.string("path") ?? ""
    guard path.hasPrefix("/") else {
      throw .control(status: 400, "path '\(path.prefix(64))' must begin with '/', e.g. /wallet/broadcasthex")
    }
    let name = parameters.string("mode") ?? ""
    guard let mode = Mode(rawValue: name) else {
      throw .control(status: 400, "mode '\(name.prefix(64))' is none of drop_before, drop_after, error, delay, busy")
    }
    self.mode = mode
    count = parameters.int("count") ?? 1
    delayMs = parameters.int("delay_ms") ?? 0
    guard (0...Self.countMaximum).contains(count) else {
      throw .control(status: 400, "count \(count) must be between 0 and \(Self.countMaximum); 0 takes the fault away")
    }
    guard (0...Self.delayMaximumMs).contains(delayMs) else {
      throw .control(status: 400, "delay_ms \(delayMs) must be between 0 and \(Self.delayMaximumMs)")
    }
  }
}
