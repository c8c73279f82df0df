import Foundation

/// One firing of a schedule.
public struct Tick: Sendable, Hashable {
  /// The schedule's name.
  public let name: String
  /// When it was due: the same for whichever replica runs it and however late, so that it can serve as a key.
  /// `UnitOfWork.now` is when it runs.
  public let time: Date
}

/// What becomes of ticks that came due while the service was down or the handler failed.
public enum MissedTicks: Sendable, Equatable {
  /// One late firing for the last of them; the others are left out.
  case skip
  /// Each of the last `max` (1 to 1000) fires with its own time, oldest first; older ones are left out. One that has
  /// failed `BusTiming.attemptsMax` times, or throws `PermanentFailure`, makes way for those behind it.
  case catchUp(max: Int)
}
