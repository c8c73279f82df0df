import Testing

/// Runs a suite on a stack of its own: started before the first test, stopped after the last.
struct WithStack: SuiteTrait, TestScoping {
  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    let stack = try await Stack.start()
    let result: Result<Void, any Error>
    do {
      result = .success(try await Stack.$shared.withValue(stack) { try await function() })
    } catch {
      result = .failure(error)
    }
    try await stack.stop()
    try result.get()
  }
}

extension Trait where Self == WithStack {
  static var withStack: WithStack { WithStack() }
}

extension Stack {
  /// The stack of the suite that runs.
  @TaskLocal static var shared: Stack?

  static func current() throws -> Stack { try #require(shared, "the suite lacks the trait .withStack") }
}
