import BusKit

/// Middleware of one's own: tells of work that takes longer than it should.
struct SlowWorkMiddleware: Middleware {
  let limit: Duration
  let report: @Sendable (Work, Duration) -> Void

  func run(_ work: Work, next: @Sendable (Work) async throws -> Void) async throws {
    let start = ContinuousClock.now
    defer {
      let time = ContinuousClock.now - start
      if time > limit { report(work, time) }
    }
    try await next(work)
  }
}

/// Reminders that leave a broken post office alone: after three failures in a row no letter is tried for half a minute,
/// and no attempt is counted meanwhile.
func makeCarefulReminders(
  post: @escaping PostOffice, slow: @escaping @Sendable (Work, Duration) -> Void = { _, _ in }
) -> Service {
  var service = makeReminders(post: post)
  service.use(SlowWorkMiddleware(limit: .seconds(5), report: slow))
  service.use(CircuitBreakerMiddleware(failuresMax: 3, pause: .seconds(30)))
  service.use(TimeoutMiddleware(.seconds(8)))
  return service
}
