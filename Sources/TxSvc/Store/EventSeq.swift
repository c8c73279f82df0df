import Foundation

/// The numbers of events that tell the state of one thing, of which readers keep the newest.
enum EventSeq {
  /// Of the next event: the time in milliseconds, or one more than the last. Readers ignore what is not newer than what
  /// they know, and a database that was restored does not know what that is: its time is later.
  static func next(after last: Int64, _ now: Date) -> Int64 { max(last + 1, now.chainMilliseconds) }
}
