import Foundation

/// What one operator has booked alone and asked for in the last 24 hours, by hour of the database's clock: so that
/// a large amount in many small ones is seen. Counted by whole hours, so up to an hour longer.
struct OperatorDay: Codable, Sendable, Equatable {
  struct Hour: Codable, Sendable, Equatable {
    /// Since 1970.
    let number: Int64
    var amount: Int64 = 0
    var requests: Int64 = 0
  }

  /// How many requests of one operator may begin to wait, or be refused and kept, in 24 hours.
  static let requestsMax: Int64 = 1_000

  /// At most 25, the oldest first.
  private(set) var hours: [Hour] = []

  func amount(at now: Date) -> Int64 {
    recent(now).reduce(0) { $0.addingReportingOverflow($1.amount).overflow ? .max : $0 + $1.amount }
  }

  func requests(at now: Date) -> Int64 { recent(now).reduce(0) { $0 + $1.requests } }

  mutating func book(_ amount: Int64, at now: Date) {
    change(now) { $0.amount = $0.amount.addingReportingOverflow(amount).overflow ? .max : $0.amount + amount }
  }

  mutating func ask(at now: Date) { change(now) { $0.requests += 1 } }

  private mutating func change(_ now: Date, _ body: (inout Hour) -> Void) {
    hours = recent(now)
    let number = Self.number(now)
    if hours.last?.number != number { hours.append(Hour(number: number)) }
    body(&hours[hours.count - 1])
  }

  /// An hour that seems to be ahead (a clock that was set back) counts as well.
  private func recent(_ now: Date) -> [Hour] { hours.filter { $0.number >= Self.number(now) - 24 } }

  private static func number(_ now: Date) -> Int64 { Int64((now.timeIntervalSince1970 / 3_600).rounded(.down)) }
}
