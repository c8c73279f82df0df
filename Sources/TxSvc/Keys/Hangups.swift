import Foundation
import Synchronization

/// Counts SIGHUP: an operator's wish that files be read again at once.
enum Hangups {
  private static let received = Atomic<Int>(0)

  static var count: Int { received.load(ordering: .relaxed) }

  /// From here on the signal no longer ends the process.
  static func listen() {
    // Touched before the handler can run: a first use inside it would initialise it there.
    _ = count
    signal(SIGHUP) { _ in Hangups.received.add(1, ordering: .relaxed) }
  }
}
