import Foundation
import Logging
import Synchronization

/// The file that keeps Telegram's updates between "received" and "applied". Each batch is written and fsynced before
/// its offset is confirmed, so an update is either with Telegram or here. When everything in it has been applied, the
/// file is emptied.
///
/// The file is touched on a queue of its own; no disk wait reaches the cooperative pool.
final class UpdateJournal: Sendable {
  /// At this size polling pauses until the file has been worked off; meanwhile Telegram keeps the updates.
  static let bytesMax = 16 * 1024 * 1024

  private struct State {
    var waiting: [JournalEntry] = []
    var applied = 0
    var bytes = 0
  }

  private let queue = DispatchQueue(label: "gateway.journal")
  private let descriptor: Int32
  private let directory: String
  private let state: Mutex<State>
  let arrivals: AsyncStream<Void>
  private let arrived: AsyncStream<Void>.Continuation

  /// Opens the journal and takes up what an earlier process left in it.
  /// - Throws: `JournalError` when the folder cannot be used or another process uses it.
  init(directory: String, logger: Logger) throws {
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    self.directory = directory
    let path = directory + "/updates.jsonl"
    descriptor = try Self.openFile(path)
    do {
      try Self.lock(descriptor, path)
      let content = JournalContent(try Self.readAll(descriptor))
      if !content.unreadable.isEmpty {
        logger.error(
          "lines of the journal cannot be read; put aside", metadata: ["count": "\(content.unreadable.count)"])
        try Self.setAside(content.unreadable, in: directory)
      }
      guard ftruncate(descriptor, content.wholeLength) == 0 else { throw JournalError("truncate", path) }
      state = Mutex(State(waiting: content.entries, bytes: content.wholeLength))
    } catch {
      close(descriptor)
      throw error
    }
    (arrivals, arrived) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    arrived.yield()
  }

  deinit { close(descriptor) }

  var waitingCount: Int { state.withLock { $0.waiting.count - $0.applied } }
  var isFull: Bool { state.withLock { $0.bytes >= Self.bytesMax } }

  /// Returns when the entries are on disk. Throws when they are not; then none of them counts.
  func append(_ entries: [JournalEntry]) async throws {
    guard !entries.isEmpty else { return }
    let bytes = try entries.flatMap { try $0.line() }
    try await onQueue { [self] in
      let before = state.withLock { $0.bytes }
      do {
        try Self.writeAll(bytes, descriptor)
      } catch {
        // Half a line would join with the next one.
        guard ftruncate(descriptor, before) == 0 else { throw JournalError("truncate after \(error)", "journal") }
        throw error
      }
      state.withLock {
        $0.waiting.append(contentsOf: entries)
        $0.bytes += bytes.count
      }
    }
    arrived.yield()
  }

  /// The oldest entries that have not been applied, in their order.
  func oldest(_ countMax: Int) -> [JournalEntry] {
    state.withLock { Array($0.waiting[$0.applied...].prefix(countMax)) }
  }

  /// So many of the oldest have been applied. Empties the file when they were the last.
  func finish(_ count: Int) async throws {
    let isDrained = state.withLock { state in
      state.applied = min(state.applied + count, state.waiting.count)
      return state.applied == state.waiting.count
    }
    guard isDrained else { return }
    try await onQueue { [self] in
      // An append may have come in between; it ran on this same queue, so what is seen here is what the file holds.
      guard state.withLock({ $0.applied == $0.waiting.count }) else { return }
      guard ftruncate(descriptor, 0) == 0 else { throw JournalError("truncate", "journal") }
      state.withLock { $0 = State() }
    }
  }

  /// Keeps an entry that cannot be applied in `set-aside.jsonl`, for an operator.
  func setAside(_ entry: JournalEntry) async throws {
    let line = try entry.line().dropLast()
    try await onQueue { [directory] in try Self.setAside([Array(line)], in: directory) }
  }

  private func onQueue(_ body: @escaping @Sendable () throws -> Void) async throws {
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      queue.async { continuation.resume(with: Result { try body() }) }
    }
  }

  // MARK: - The file

  private static func openFile(_ path: String) throws -> Int32 {
    let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw JournalError("open", path) }
    return descriptor
  }

  /// Two gateways on one journal would apply each other's updates out of order. A process that was killed leaves no
  /// lock.
  private static func lock(_ descriptor: Int32, _ path: String) throws {
    for attempt in 1...50 {
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return }
      if attempt < 50 { usleep(100_000) }
    }
    throw JournalError("lock (does another gateway use this folder? give each its own)", path)
  }

  private static func readAll(_ descriptor: Int32) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = pread(descriptor, &chunk, chunk.count, bytes.count)
      guard count >= 0 else { throw JournalError("read", "journal") }
      guard count > 0 else { return bytes }
      bytes.append(contentsOf: chunk[..<count])
    }
  }

  private static func writeAll(_ bytes: [UInt8], _ descriptor: Int32) throws {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw JournalError("write", "journal") }
      written += count
    }
    guard fsync(descriptor) == 0 else { throw JournalError("fsync", "journal") }
  }

  private static func setAside(_ lines: [[UInt8]], in directory: String) throws {
    let aside = try openFile(directory + "/set-aside.jsonl")
    defer { close(aside) }
    try writeAll(lines.flatMap { $0 + [UInt8(ascii: "\n")] }, aside)
  }
}

/// The journal's file could not be used; `description` gives the system's reason.
struct JournalError: Error, CustomStringConvertible {
  let description: String
  init(_ action: String, _ path: String) {
    description = "journal: cannot \(action) \(path): \(String(cString: strerror(errno)))"
  }
}
