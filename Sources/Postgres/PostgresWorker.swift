/// The body of one connection's thread: opens the session when it is first needed, lends it, replaces it when it broke.
final class PostgresWorker {
  private let configuration: PostgresConfiguration
  private let reach: PostgresReach
  private var session: PostgresSession?
  /// When the session last did what it was lent for.
  private var answeredAt = ContinuousClock.now

  init(_ configuration: PostgresConfiguration, _ reach: PostgresReach) {
    self.configuration = configuration
    self.reach = reach
  }

  func run(_ queue: PostgresQueue, slot: Int) {
    while let job = queue.take(slot: slot) { job.run(on: self) }
    session = nil
    queue.finishThread()
  }

  func lend<T>(_ body: (PostgresSession) throws -> T) throws -> T {
    let session = try usableSession()
    do {
      let value = try body(session)
      try session.settle(flushing: true)
      answeredAt = .now
      return value
    } catch {
      if session.hasFallenSilent { reach.noteSilence() }
      settleAfterFailure(session)
      throw error
    }
  }

  private func usableSession() throws -> PostgresSession {
    if let session {
      session.detectLoss()
      if session.isUsable, reach.trusts(answeredAt: answeredAt) { return session }
      self.session = nil
    }
    let fresh = PostgresSession(link: try reach.connect(configuration))
    session = fresh
    answeredAt = .now
    return fresh
  }

  /// The body's error is what the caller must see; a session that cannot be tidied up is replaced.
  private func settleAfterFailure(_ session: PostgresSession) {
    do {
      try session.settle(flushing: false)
      if session.isUsable { answeredAt = .now }
    } catch {
      self.session = nil
    }
  }
}
