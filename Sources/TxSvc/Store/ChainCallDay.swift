import BusKit
import Foundation

/// The calls of one day (UTC) for following the chain, of all replicas. One row a day.
struct ChainCallDay: Row {
  static let table = "chain_calls"

  /// `2026-09-21`.
  let id: String
  /// By purpose.
  var calls: [String: Int64]

  var rowKey: String { id }
  var total: Int64 { calls.values.reduce(0, +) }

  static func key(_ time: Date) -> String {
    time.formatted(Date.ISO8601FormatStyle(timeZone: .gmt).year().month().day())
  }

  static func need(_ time: Date) -> Need { .row(ChainCallDay.self, key(time)) }

  /// Adds what was counted to the day's row, which `need(time)` has named.
  static func add(_ counted: [ChainReader.Purpose: Int64], at time: Date, _ unit: UnitOfWork) throws {
    guard !counted.isEmpty else { return }
    var day = try unit.find(ChainCallDay.self, key(time)) ?? ChainCallDay(id: key(time), calls: [:])
    for (purpose, count) in counted { day.calls[purpose.rawValue, default: 0] += count }
    try unit.save(day)
  }
}
