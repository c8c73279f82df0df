import Synchronization

/// What the threads of a pool tell each other of their server: that it cannot be reached, and that it fell silent.
final class PostgresReach: Sendable {
  private struct State {
    var pace = ConnectPace()
    var lastFailure = ""
    /// When a connection was given up because the server said nothing.
    var silentAt: ContinuousClock.Instant?
  }

  private let state = Mutex(State())

  /// Opens a connection, unless that has just failed: then it fails at once, with the reason of the last failure.
  func connect(_ configuration: PostgresConfiguration) throws -> PostgresLink {
    let refusal = state.withLock { $0.pace.admits(.now) ? nil : $0.lastFailure }
    if let refusal { throw PostgresError(.connection, "\(refusal) It is tried again within a second.") }
    do {
      let link = try PostgresLink(configuration)
      state.withLock { $0.pace.succeeded() }
      return link
    } catch {
      state.withLock { state in
        state.pace.failed(.now, random: .random(in: 0..<1))
        state.lastFailure = (error as? PostgresError)?.message ?? "\(error)"
      }
      throw error
    }
  }

  func noteSilence() { state.withLock { $0.silentAt = .now } }

  /// Whether a connection that was last answered then may be used. One that the network swallowed is seldom alone: the
  /// others are replaced before somebody waits for each of them in turn.
  func trusts(answeredAt: ContinuousClock.Instant) -> Bool {
    state.withLock { state in state.silentAt.map { answeredAt > $0 } ?? true }
  }
}
