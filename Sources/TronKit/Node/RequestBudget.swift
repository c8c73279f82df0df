/// What a request is for. When requests run short, the more important are served first.
public enum RequestPriority: Int, Sendable, Hashable, CaseIterable, Comparable {
  /// Figures that are read again anyway.
  case refresh
  /// What decides whether a transaction took effect.
  case confirmation
  /// The sending of a transaction.
  case broadcast

  public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }

  /// The part of an allowance, in percent, that is kept for what is more important.
  public var reservePercent: Int64 {
    switch self {
    case .refresh: 30
    case .confirmation: 10
    case .broadcast: 0
    }
  }
}

/// How many requests a key may make. Those that use one key use one budget, in every process.
public protocol RequestBudget: Sendable {
  /// Takes `count` requests, or says why not. May ask a store, but does not wait for requests to become free.
  func take(_ count: Int, _ priority: RequestPriority) async -> BudgetDecision
  /// What is left, without asking anybody.
  var level: BudgetLevel { get }
}

public enum BudgetDecision: Hashable, Sendable {
  case granted
  /// The second's share is used up: ask again after this.
  case wait(Duration)
  /// The day's share is used up: nothing until then.
  case refused(Duration)
}

/// What is left of a budget, for metrics and for the choice among nodes.
public struct BudgetLevel: Hashable, Sendable {
  /// At this moment.
  public let requests: Int64
  /// Of the day; nil without a daily limit.
  public let day: Int64?

  public init(requests: Int64, day: Int64?) {
    self.requests = requests
    self.day = day
  }
}

extension RequestBudget {
  /// Waits for the requests.
  /// - Throws: `TronNodeError.overBudget` when they are not to be had within the limit; `CancellationError`.
  func wait(for count: Int, _ priority: RequestPriority, within limit: Duration, name: String) async throws {
    let deadline = ContinuousClock.now + limit
    while true {
      switch await take(count, priority) {
      case .granted: return
      case .wait(let pause):
        guard ContinuousClock.now + pause < deadline else {
          throw TronNodeError(
            .overBudget, "\(name): the budget has no \(priority) request free within \(limit)", retryAfter: pause,
            mayHaveBeenSent: false)
        }
        try await Task.sleep(for: pause)
      case .refused(let rest):
        throw TronNodeError(
          .overBudget, "\(name): today's requests are used up for \(priority)", retryAfter: rest,
          mayHaveBeenSent: false)
      }
    }
  }
}
