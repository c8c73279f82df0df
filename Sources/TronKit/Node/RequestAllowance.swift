import Foundation
import Synchronization

/// The limits of one key.
public struct RequestLimits: Hashable, Sendable {
  /// Also the most that may be sent at once.
  public let perSecond: Int64
  /// Nil for no limit. Days are UTC's.
  public let perDay: Int64?

  /// - Parameters:
  ///   - perSecond: TronGrid: 15 with a key.
  ///   - perDay: TronGrid: 100,000 with a key.
  public init(perSecond: Int64 = 15, perDay: Int64? = 100_000) {
    self.perSecond = max(1, perSecond)
    self.perDay = perDay.map { max(1, $0) }
  }

  /// A part of it, at least one request a second.
  public func divided(by parts: Int64) -> RequestLimits {
    RequestLimits(perSecond: perSecond / max(1, parts), perDay: perDay.map { $0 / max(1, parts) })
  }
}

/// A bucket of requests that fills by the second, and a day's count. A value without a clock.
public struct RequestAllowance: Hashable, Sendable {
  public static let secondsADay: Int64 = 86_400

  public let limits: RequestLimits
  private var tokens: Double
  private var filledAt: Duration
  private var day: Int64
  private var usedToday: Int64

  /// - Parameters:
  ///   - now: of any clock that does not go back.
  ///   - unixSeconds: for the day.
  public init(_ limits: RequestLimits, now: Duration, unixSeconds: Int64) {
    self.limits = limits
    tokens = Double(limits.perSecond)
    filledAt = now
    day = unixSeconds / Self.secondsADay
    usedToday = 0
  }

  public mutating func take(
    _ count: Int, _ priority: RequestPriority, now: Duration, unixSeconds: Int64
  ) -> BudgetDecision {
    turn(now, unixSeconds)
    if let perDay = limits.perDay, usedToday + Int64(count) > perDay - perDay * priority.reservePercent / 100 {
      return .refused(.seconds(Self.secondsADay - unixSeconds % Self.secondsADay))
    }
    let burst = Double(limits.perSecond)
    // A request larger than the bucket is granted from a full one, and paid for afterwards.
    let needed = min(Double(count) + burst * Double(priority.reservePercent) / 100, burst)
    guard tokens >= needed else {
      return .wait(.milliseconds(Int64((needed - tokens) / burst * 1000) + 1))
    }
    tokens -= Double(count)
    usedToday += Int64(count)
    return .granted
  }

  public mutating func level(now: Duration, unixSeconds: Int64) -> BudgetLevel {
    turn(now, unixSeconds)
    return BudgetLevel(requests: max(0, Int64(tokens)), day: limits.perDay.map { max(0, $0 - usedToday) })
  }

  private mutating func turn(_ now: Duration, _ unixSeconds: Int64) {
    let elapsed = max(.zero, now - filledAt)
    filledAt = max(filledAt, now)
    tokens = min(Double(limits.perSecond), tokens + (elapsed / .seconds(1)) * Double(limits.perSecond))
    let today = unixSeconds / Self.secondsADay
    // A clock that is set back must not give a day's requests again.
    if today > day {
      day = today
      usedToday = 0
    }
  }
}

/// A budget of this process alone.
public final class LocalRequestBudget: RequestBudget {
  private let allowance: Mutex<RequestAllowance>
  private let start = ContinuousClock.now

  public init(_ limits: RequestLimits) {
    allowance = Mutex(RequestAllowance(limits, now: .zero, unixSeconds: Self.unixSeconds))
  }

  private static var unixSeconds: Int64 { Int64(Date().timeIntervalSince1970) }

  public func take(_ count: Int, _ priority: RequestPriority) async -> BudgetDecision {
    allowance.withLock {
      $0.take(count, priority, now: ContinuousClock.now - start, unixSeconds: Self.unixSeconds)
    }
  }

  public var level: BudgetLevel {
    allowance.withLock { $0.level(now: ContinuousClock.now - start, unixSeconds: Self.unixSeconds) }
  }
}
