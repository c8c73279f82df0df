import Foundation

/// The numbers of events that tell the state of one thing, such as an incident, of which readers keep the newest.
public enum EventSeq {
  /// Of the next event: the time in milliseconds, or one more than the last. Readers ignore what is not newer than what
  /// they know, and a database that was restored does not know what that is: its time is later.
  public static func next(after last: Int64?, _ now: Date) -> Int64 {
    max((last ?? 0) + 1, Int64((now.timeIntervalSince1970 * 1000).rounded()))
  }
}
