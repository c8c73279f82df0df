import Foundation
import Synchronization

/// The outbox rows that this process is about to send or to mark as sent: its sweep leaves them out, or under load it
/// would send again what is only late.
///
/// It is a hint with an end: what is held for longer, for whatever reason, is the sweep's.
final class HeldRecords: Sendable {
  private struct Hold {
    let since: ContinuousClock.Instant
    var isSent = false
  }

  private let longest: Duration
  private let holds = Mutex<[UUID: Hold]>([:])

  init(longest: Duration) { self.longest = longest }

  /// They wait to be sent.
  func hold(_ records: [OutboxRecord]) {
    let now = ContinuousClock.now
    holds.withLock { holds in
      for record in records { holds[record.envelope.id] = Hold(since: now) }
    }
  }

  /// The broker has them; they wait to be marked.
  func noteSent(_ records: [OutboxRecord]) {
    holds.withLock { holds in
      for record in records { holds[record.envelope.id]?.isSent = true }
    }
  }

  /// The sending of these has ended: what is not sent is the sweep's.
  func releaseUnsent(_ records: [OutboxRecord]) {
    holds.withLock { holds in
      for record in records where holds[record.envelope.id]?.isSent == false { holds[record.envelope.id] = nil }
    }
  }

  /// They are marked, or will not be.
  func release(_ records: [OutboxRecord]) {
    holds.withLock { holds in
      for record in records { holds[record.envelope.id] = nil }
    }
  }

  /// Those of these that the sweep may send.
  func others(of records: [OutboxRecord]) -> [OutboxRecord] {
    let now = ContinuousClock.now
    return holds.withLock { holds in
      records.filter { record in
        guard let hold = holds[record.envelope.id] else { return true }
        guard hold.since.duration(to: now) > longest else { return false }
        holds[record.envelope.id] = nil
        return true
      }
    }
  }
}
