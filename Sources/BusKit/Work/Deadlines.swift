import Synchronization

/// The deadlines of a process, over few timers: that of the earliest, and those that were set before an earlier one
/// came. Most work ends long before its time, and a timer of its own, which stays with the system until it fires even
/// when it is cancelled, would cost more than the rest of the wait.
final class Deadlines: Sendable {
  /// Whatever may be looked at together.
  static let shared = Deadlines()

  /// Looks are at least this far apart, so that thousands of deadlines that pass one by one cost few: one may come so
  /// much late.
  private static let apart: Duration = .milliseconds(5)

  private struct State {
    var entries: [UInt64: (at: ContinuousClock.Instant, act: @Sendable () -> Void)] = [:]
    var last: UInt64 = 0
    /// When the timers fire, the earliest last: each was set because it is earlier than those before it.
    var armed: [ContinuousClock.Instant] = []

    /// Whether a timer is to be set for this time. None is when one fires before it: that one sees to the next.
    mutating func mustArm(_ at: ContinuousClock.Instant) -> Bool {
      if let earliest = armed.last, earliest <= at { return false }
      armed.append(at)
      return true
    }
  }

  /// Names one deadline, so that it can be taken back.
  struct Ticket: Sendable { fileprivate let number: UInt64 }

  private let state = Mutex(State())

  /// Calls `act` once after this time, unless it is taken back before. It must be quick, and must not block.
  func add(after time: Duration, _ act: @escaping @Sendable () -> Void) -> Ticket {
    let at = ContinuousClock.now + time
    let (number, mustArm) = state.withLock { state in
      state.last += 1
      state.entries[state.last] = (at, act)
      return (state.last, state.mustArm(at))
    }
    if mustArm { arm(at) }
    return Ticket(number: number)
  }

  /// Nothing happens when the deadline has passed.
  func remove(_ ticket: Ticket) { state.withLock { _ = $0.entries.removeValue(forKey: ticket.number) } }

  /// How many timers are set.
  var timers: Int { state.withLock { $0.armed.count } }

  private func arm(_ at: ContinuousClock.Instant) {
    // Of nobody's work: it carries no trace, and nobody cancels it.
    Task.detached {
      do { try await Task.sleep(until: at, clock: .continuous) } catch { return }
      self.fire(at)
    }
  }

  private func fire(_ at: ContinuousClock.Instant) {
    let (due, next) = state.withLock { state -> ([@Sendable () -> Void], ContinuousClock.Instant?) in
      if let place = state.armed.lastIndex(of: at) { state.armed.remove(at: place) }
      let now = ContinuousClock.now
      let due = state.entries.filter { $0.value.at <= now }
      for number in due.keys { state.entries[number] = nil }
      let next = state.entries.values.lazy.map(\.at).min().map { max($0, now + Self.apart) }
      return (due.values.map(\.act), next.flatMap { state.mustArm($0) ? $0 : nil })
    }
    if let next { arm(next) }
    for act in due { act() }
  }
}
