/// Awaits a condition instead of sleeping for a guessed time: returns as soon as it holds.
/// - Throws: `TestKitError` when it does not hold in time; whatever the condition throws.
public func eventually(
  within limit: Duration = .seconds(10), _ comment: String = "the condition",
  _ condition: () async throws -> Bool
) async throws {
  let deadline = ContinuousClock.now + limit
  var pause = Duration.milliseconds(1)
  while true {
    if try await condition() { return }
    guard ContinuousClock.now < deadline else { throw TestKitError("Within \(limit), \(comment) did not come true.") }
    try await Task.sleep(for: pause)
    pause = min(pause * 2, .milliseconds(50))
  }
}
