/// What a rehearsal is to do to its services; switched on and off while it goes.
public struct RehearsalFaults: Sendable, Equatable {
  /// Every message enters its stream twice, as when a process dies between sending and noting that it did.
  public var deliversTwice = false
  /// What can be read at once is handled from its end, one at a time.
  public var deliversInReverse = false
  /// Every effect runs once more than it needs to: the outcome of its first run is not written, as when its process
  /// dies on the way.
  public var runsEffectsTwice = false
  /// The next so many commits fail and change nothing. Messages, effects' outcomes and schedules are run again;
  /// `Bus.transaction` throws.
  public var commitsToFail = 0
  /// The next so many batches are committed and not acknowledged, as when the process dies in between; they are
  /// delivered again.
  public var crashesBeforeAcknowledging = 0

  public init() {}
}
