import BusKit
import Contracts

/// Says in the log that tx-svc owes an answer: a handler may be run again, or its change never be committed, and has no
/// log.
struct TellOverdue: Effect {
  static let kind = "order.TellOverdue"
  let order: OrderID
  let state: OrderState
  let times: Int64
  var orderKey: String { order.text }

  static func register(in service: inout Service) {
    service.effect(TellOverdue.self) { overdue, context in
      context.bus.logger.error(
        "tx-svc owes an answer beyond its deadline",
        metadata: [
          "order": "\(overdue.order)", "state": "\(overdue.state.rawValue)", "times": "\(overdue.times)",
        ])
      return .done()
    }
  }
}
