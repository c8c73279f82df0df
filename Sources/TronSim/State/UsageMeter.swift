/// Usage of a resource that recovers linearly over a sliding window (java-tron's ResourceProcessor), in exact integers.
struct UsageMeter: Sendable, Equatable {
  /// 24 h, the window of new usage.
  static let fullWindowMs: Int64 = 86_400_000

  /// Units used as of `updatedAtMs`.
  private(set) var usage: Int64 = 0
  private(set) var updatedAtMs: Int64 = 0
  /// How long from `updatedAtMs` until all of it has recovered.
  private(set) var windowMs: Int64 = fullWindowMs

  func current(at nowMs: Int64) -> Int64 {
    let elapsed = max(0, nowMs - updatedAtMs)
    guard usage > 0, elapsed < windowMs else { return 0 }
    return Int64(Int128(usage) * Int128(windowMs - elapsed) / Int128(windowMs))
  }

  /// Time left until full recovery; the full window when nothing is in use.
  func remainingWindowMs(at nowMs: Int64) -> Int64 {
    current(at: nowMs) == 0 ? Self.fullWindowMs : windowMs - max(0, nowMs - updatedAtMs)
  }

  /// Adds usage that will recover over `windowMs`; the two windows are merged by weight.
  mutating func add(_ amount: Int64, windowMs addedWindowMs: Int64 = fullWindowMs, at nowMs: Int64) {
    let before = current(at: nowMs)
    let window = remainingWindowMs(at: nowMs)
    let total = before + amount
    if total > 0 {
      windowMs = Int64((Int128(before) * Int128(window) + Int128(amount) * Int128(addedWindowMs)) / Int128(total))
    } else {
      windowMs = Self.fullWindowMs
    }
    usage = total
    updatedAtMs = nowMs
  }

  /// Takes usage away without changing how fast the rest recovers.
  mutating func remove(_ amount: Int64, at nowMs: Int64) {
    let window = remainingWindowMs(at: nowMs)
    usage = max(0, current(at: nowMs) - amount)
    windowMs = usage == 0 ? Self.fullWindowMs : window
    updatedAtMs = nowMs
  }
}
