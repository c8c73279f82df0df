import Foundation

/// The numbers of what is told of an incident, such as a difference in the ledger or in custody.
enum IncidentSeq {
  /// Of what is told next: the time in milliseconds, or one more than what was told last. Readers ignore what is not
  /// newer than what they know, and a database that was restored does not know what that is: its time is later.
  static func next(after last: Int64?, _ now: Date) -> Int64 {
    max((last ?? 0) + 1, Int64(now.timeIntervalSince1970 * 1000))
  }
}
