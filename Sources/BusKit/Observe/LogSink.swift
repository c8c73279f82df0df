import Foundation
import Glibc
import Synchronization

/// Writes lines whole, one after another, to a file descriptor. A line that cannot be written (the disk is full, nobody
/// reads the pipe) is left out and counted: a service does not end because it cannot be heard.
final class LogSink: Sendable {
  private struct State {
    var lost = 0
    /// The last line got through only in part.
    var isTorn = false
  }

  static let standardError = LogSink(descriptor: STDERR_FILENO)

  private let descriptor: Int32
  private let state = Mutex(State())

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// - Parameters:
  ///   - line: without its line feed.
  ///   - note: makes the line that tells how many were lost before this one.
  func write(_ line: [UInt8], noting note: (_ lost: Int) -> [UInt8]) {
    state.withLock { state in
      var bytes: [UInt8] = state.isTorn ? [Self.lineFeed] : []
      if state.lost > 0 { bytes += note(state.lost) + [Self.lineFeed] }
      bytes += line + [Self.lineFeed]
      let written = put(bytes)
      if written == bytes.count {
        state = State()
      } else {
        state.lost += 1
        state.isTorn = written > 0 || state.isTorn
      }
    }
  }

  private static let lineFeed: UInt8 = 10

  /// How many of the bytes got through.
  private func put(_ bytes: [UInt8]) -> Int {
    var written = 0
    while written < bytes.count {
      let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        written += count
      } else if count < 0, errno == EINTR {
        continue
      } else {
        break
      }
    }
    return written
  }
}
