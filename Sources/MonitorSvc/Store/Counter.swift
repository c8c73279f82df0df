import BusKit
import Contracts

/// Something counted since the beginning, with the sum of what was measured.
struct Counter: Row {
  static let table = "counters"

  /// `ended:completed`, `failure:pool_empty`, `delivery:le:7.5`.
  let id: String
  var count: Int64
  var total: Double

  var rowKey: String { id }

  static func ended(_ state: OrderState) -> String { "ended:\(state.rawValue)" }
  static func failure(_ reason: OrderFailure) -> String { "failure:\(reason.rawValue)" }
  static func held(_ reason: DepositHeld.Reason) -> String { "deposit_held:\(reason.rawValue)" }
  static let withdrawal = "unexpected_withdrawal"
  static func contradicted(_ reason: HoldContradiction) -> String { "hold_contradicted:\(reason.rawValue)" }
  static func record(_ kind: ChainRecordDiffers.Kind) -> String { "chain_record:\(kind.rawValue)" }
  static func delivery(_ bucket: String) -> String { "delivery:\(bucket)" }

  /// Adds one. The row must be among the unit's needs.
  static func add(_ id: String, measured: Double = 0, _ unit: UnitOfWork) throws {
    var counter = try unit.find(Counter.self, id) ?? Counter(id: id, count: 0, total: 0)
    counter.count += 1
    counter.total += measured
    try unit.save(counter)
  }
}
