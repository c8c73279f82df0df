/// Data that no sequence of correct steps can produce: rolled back, dead-lettered, an incident. Never retried.
public struct InvariantViolation: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// An error worth trying again after `delay` (or the usual back-off). Any error that is none of this file's counts as
/// one.
public struct TransientFailure: Error, CustomStringConvertible {
  public let description: String
  public let delay: Duration?
  public init(_ description: String, delay: Duration? = nil) {
    self.description = description
    self.delay = delay
  }
}

/// An error that no repetition mends: dead-lettered, or exhausted, at once.
public struct PermanentFailure: Error, CustomStringConvertible {
  public let description: String
  public init(_ description: String) { self.description = description }
}

/// The other side asked to come back later, or is known to be down. Nobody's attempt.
public struct Throttled: Error, CustomStringConvertible {
  public let description: String
  public let delay: Duration
  public init(_ description: String, after delay: Duration) {
    self.description = description
    self.delay = delay
  }
}
