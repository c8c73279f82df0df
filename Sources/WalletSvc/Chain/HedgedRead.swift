/// Asks several sources for the same thing: the next one when the one before failed or takes too long; the first good
/// answer wins.
enum HedgedRead {
  typealias Attempt<T> = @Sendable () async throws -> T

  /// - Throws: `HedgedReadFailure` with what each one said, when all failed or the limit passed.
  static func first<T: Sendable>(
    of attempts: [Attempt<T>], hedgeAfter: Duration, limit: Duration
  ) async throws -> T {
    try await withThrowingTaskGroup(of: Happening<T>.self) { group in
      defer { group.cancelAll() }
      var waiting = attempts[...]
      var running = 0
      var reasons: [String] = []
      func startNext() {
        guard let attempt = waiting.popFirst() else { return }
        running += 1
        group.addTask {
          do {
            return .answer(try await attempt())
          } catch {
            return .failure("\(error)")
          }
        }
        guard !waiting.isEmpty else { return }
        group.addTask { try await happening(.slow, after: hedgeAfter) }
      }
      group.addTask { try await happening(.limit, after: limit) }
      startNext()
      while running > 0, let next = try await group.next() {
        switch next {
        case .answer(let value): return value
        case .failure(let reason):
          running -= 1
          reasons.append(reason)
          startNext()
        case .slow: startNext()
        case .limit: throw HedgedReadFailure(reasons: reasons + ["no answer within \(limit)"])
        }
      }
      throw HedgedReadFailure(reasons: reasons)
    }
  }

  private enum Happening<T: Sendable>: Sendable {
    case answer(T)
    case failure(String)
    case slow
    case limit
  }

  private static func happening<T: Sendable>(_ what: Happening<T>, after time: Duration) async throws -> Happening<T> {
    try await Task.sleep(for: time)
    return what
  }
}

struct HedgedReadFailure: Error, CustomStringConvertible {
  let reasons: [String]
  var description: String { reasons.joined(separator: "; ") }
}
