import Foundation
import Postgres

/// Data that no sequence of correct steps can produce: rolled back, dead-lettered or set aside at once, an incident.
/// Never retried.
public struct InvariantViolation: Error, CustomStringConvertible {
  /// What is wrong, with the value.
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// An error that another try will meet again: dead-lettered or set aside at once.
public struct PermanentFailure: Error, CustomStringConvertible {
  /// What is wrong, with the value.
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// An error worth trying again after `delay` (or the usual back-off).
public struct TransientFailure: Error, CustomStringConvertible {
  /// What went wrong, with the value.
  public let description: String
  /// nil: the usual back-off.
  public let delay: Duration?
  public init(_ description: String, delay: Duration? = nil) {
    self.description = description
    self.delay = delay
  }
}

/// The other side asks to be left alone for a time, as with `Retry-After`. The next try comes exactly then, and this
/// one does not count as an attempt, up to a limit.
public struct Throttled: Error, CustomStringConvertible {
  /// So many times a message that waits in Postgres is put off without counting: after that each is an attempt. In the
  /// broker it is put off for `BusTiming.retryMost` in all, and then waits in Postgres.
  static let freeMax = 1000

  /// Who asks to be left alone.
  public let description: String
  /// Until when.
  public let wait: Wait

  /// - Parameter time: at most `Wait.longest`.
  public init(_ description: String, after time: Duration) {
    self.description = description
    wait = .after(time)
  }

  /// - Parameter moment: by Postgres' clock, at most `Wait.longest` from now.
  public init(_ description: String, until moment: Date) {
    self.description = description
    wait = .until(moment)
  }
}

/// When the next try comes.
public enum Wait: Sendable, Equatable {
  case after(Duration)
  case until(Date)

  /// Longer waits are cut to this: whoever asks for more has made a mistake in the unit.
  public static let longest: Duration = .seconds(7 * 86_400)

  /// The time to wait from `now`, from nothing to the longest.
  public func time(from now: Date) -> Duration {
    let time: Duration =
      switch self {
      case .after(let time): time
      case .until(let moment): .milliseconds(Self.milliseconds(moment.timeIntervalSince(now)))
      }
    return max(.zero, min(time, Self.longest))
  }

  /// Rounded up, so that the try does not come a moment before its time.
  private static func milliseconds(_ seconds: TimeInterval) -> Int64 {
    Int64((min(seconds, longest.timeInterval) * 1000).rounded(.up))
  }
}

/// What an error says about trying again.
enum FailureKind: Sendable {
  /// Why no other try helps: the dead letter's reason.
  enum Reason: String, Sendable {
    case permanent
    case invariant
    case overdue

    var isIncident: Bool { self != .permanent }
  }

  case permanent(Reason)
  case throttled(Wait)
  /// nil: the usual back-off.
  case transient(Duration?)

  /// What was thrown by work that touches the world.
  init(_ error: any Error) {
    switch error {
    case is InvariantViolation, is InboxStore.IdentityConflict: self = .permanent(.invariant)
    case is PermanentFailure: self = .permanent(.permanent)
    case let error as Throttled: self = .throttled(error.wait)
    case let error as TransientFailure: self = .transient(error.delay)
    default: self = .transient(nil)
    }
  }

  /// What was thrown by a handler, which is arithmetic on values: it meets what cannot be read or stored each time.
  init(handling error: any Error) {
    switch error {
    case is DecodingFailure: self = .permanent(.invariant)
    // What the message holds Postgres never stores, such as a NUL character in a text.
    case let error as PostgresError where error.code == .encoding: self = .permanent(.permanent)
    // Its thread is lost to it; a second one would be too.
    case is Overdue: self = .permanent(.overdue)
    default: self.init(error)
    }
  }
}
