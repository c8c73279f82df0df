import Foundation

/// The state on disk: `telegram.jsonl`, a snapshot line followed by one line per event. Replayed at start; replaced by
/// a fresh snapshot at start and whenever the events have outgrown it, so that it stays bounded.
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
  private let growthBytes: Int
  private var handle: FileHandle
  private var snapshotBytes: Int
  private var eventBytes = 0

  /// Opens or creates the log in `folder` and replays it.
  /// - Parameter growthBytes: see `Limits.logBytes`.
  static func open(in folder: URL, growthBytes: Int = Limits.logBytes) throws -> (EventLog?, WorldState) {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: "telegram.jsonl")
    let state = FileManager.default.fileExists(atPath: file.path) ? try replay(file) : WorldState()
    let (handle, bytes) = try snapshot(state, file)
    return (EventLog(file: file, growthBytes: growthBytes, handle: handle, snapshotBytes: bytes), state)
  }

  /// Writes `events`; `state` is what they led to.
  mutating func append(_ new: [Event], state: WorldState) throws {
    guard !new.isEmpty else { return }
    guard eventBytes < max(growthBytes, snapshotBytes) else {
      try handle.close()
      (handle, snapshotBytes) = try Self.snapshot(state, file)
      eventBytes = 0
      return
    }
    var lines = Data()
    for event in new { lines += try Self.encode(.event(event)) }
    do {
      try handle.write(contentsOf: lines)
    } catch {
      // Half a line would join the next one.
      try handle.truncate(atOffset: UInt64(snapshotBytes + eventBytes))
      throw error
    }
    eventBytes += lines.count
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

  /// Replaces the file by one snapshot line, atomically. Returns the file, to be written on, and the line's length.
  private static func snapshot(_ state: WorldState, _ file: URL) throws -> (FileHandle, Int) {
    let line = try encode(.snapshot(state))
    try line.write(to: file, options: .atomic)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
    let handle = try FileHandle(forWritingTo: file)
    try handle.seekToEnd()
    return (handle, line.count)
  }

  private static func encode(_ line: Line) throws -> Data {
    try JSONEncoder().encode(line) + Data("\n".utf8)
  }
}
