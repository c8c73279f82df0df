import Foundation

/// The state on disk: `telegram.jsonl`, a snapshot line followed by one line per event. Replayed at start; replaced by
/// a fresh snapshot at start and whenever it has grown by `Limits.logEvents` lines, so that it stays bounded.
///
/// Lines reach the operating system before the caller is answered: the state survives a killed process, though not
/// necessarily a power cut.
struct EventLog: Sendable {
  private enum Line: Codable {
    case snapshot(WorldState)
    case event(Event)
  }

  enum Failure: Error, CustomStringConvertible {
    case damaged(file: String, line: Int, reason: String)

    var description: String {
      switch self {
      case .damaged(let file, let line, let reason):
        "line \(line) of \(file) cannot be read (\(reason)); repair the line, or delete the file to start empty"
      }
    }
  }

  private let file: URL
  private var handle: FileHandle
  private var events = 0

  /// Opens or creates the log in `folder` and replays it.
  static func open(in folder: URL) throws -> (EventLog?, WorldState) {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: "telegram.jsonl")
    let state = FileManager.default.fileExists(atPath: file.path) ? try replay(file) : WorldState()
    return (EventLog(file: file, handle: try snapshot(state, file)), state)
  }

  /// Writes `events`; `state` is what they led to.
  mutating func append(_ new: [Event], state: WorldState) throws {
    guard !new.isEmpty else { return }
    events += new.count
    if events > Limits.logEvents {
      try handle.close()
      handle = try Self.snapshot(state, file)
      events = 0
    } else {
      var lines = Data()
      for event in new { lines += try Self.encode(.event(event)) }
      try handle.write(contentsOf: lines)
    }
  }

  private static func replay(_ file: URL) throws -> WorldState {
    var state = WorldState()
    let data = try Data(contentsOf: file)
    let complete = data.last == UInt8(ascii: "\n")
    let lines = data.split(separator: UInt8(ascii: "\n"))
    for (index, line) in lines.enumerated() {
      do {
        switch try JSONDecoder().decode(Line.self, from: line) {
        case .snapshot(let snapshot): state = snapshot
        case .event(let event): state.apply(event)
        }
      } catch {
        // A last line without its end was being written when the process died: nobody was answered on it.
        if index == lines.count - 1, !complete { break }
        throw Failure.damaged(file: file.path, line: index + 1, reason: "\(error)")
      }
    }
    return state
  }

  /// Replaces the file by one snapshot line, atomically.
  private static func snapshot(_ state: WorldState, _ file: URL) throws -> FileHandle {
    try encode(.snapshot(state)).write(to: file, options: .atomic)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
    let handle = try FileHandle(forWritingTo: file)
    try handle.seekToEnd()
    return handle
  }

  private static func encode(_ line: Line) throws -> Data {
    try JSONEncoder().encode(line) + Data("\n".utf8)
  }
}
