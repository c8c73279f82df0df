import BusKit
import Contracts
import Foundation
import Synchronization
import TronKit

/// Plays order-svc towards the gateway, and says what wallet-svc answers about accounts.
final class FakeOrders: Sendable {
  struct State {
    var orders: [String: OrderView] = [:]
    var placed = 0
    /// What the next orders become; nil: no word at all.
    var outcome: OrderState? = .funded
    var failure: OrderFailure?
    var isActivated = true
    var isContract = false
    var isStale = false
    /// nil: none.
    var cancelAnswer: String? = "too_late"
    /// order-svc answers no question.
    var isAway = false
    /// How often orders were asked for, and receivers.
    var ordersAsked = 0
    var receiversAsked = 0
    var usdt: Int64? = 7_250_000
  }
  private let state = Mutex(State())

  func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }

  /// What becomes of every order that is there, at the time of the change before.
  func move(to next: OrderState, seq: Int64) {
    set { state in
      for id in state.orders.keys {
        state.orders[id]?.state = next
        state.orders[id]?.seq = seq
      }
    }
  }

  var all: [OrderView] { state.withLock { Array($0.orders.values) } }
  var placed: Int { state.withLock { $0.placed } }
  var ordersAsked: Int { state.withLock { $0.ordersAsked } }
  var receiversAsked: Int { state.withLock { $0.receiversAsked } }

  func service() -> Service {
    var service = Service(name: ServiceName.order, schema: "order_svc", migrations: [])
    service.publishes([.orderEvents])
    service.handle(PlaceOrder.self) { command, unit in
      guard let order = self.take(command, at: unit.now) else { return }
      let event = OrderChanged(order: order, previous: .placed, seq: 2)
      try unit.publish(event)
      guard let cause = unit.cause else { return }
      try unit.reply(event, to: cause.replyTo, correlation: order.id.text)
    }
    service.handle(CancelOrder.self) { _, unit in
      guard let cause = unit.cause, let code = self.state.withLock({ $0.cancelAnswer }) else { return }
      try unit.reply(
        CommandResult(ok: false, code: code, detail: ""), to: cause.replyTo,
        correlation: cause.correlation)
    }
    service.answer(GetOrder.self) { query, _ in
      let (order, isAway) = self.state.withLock { state in
        state.ordersAsked += 1
        return (state.orders[query.order.text], state.isAway)
      }
      if isAway { throw QueryFailure(code: "unavailable", message: "away") }
      guard let order, order.customer == query.customer else {
        throw QueryFailure(code: "not_found", message: query.order.text)
      }
      return order
    }
    service.answer(ListOrders.self) { query, _ in
      let orders = self.state.withLock { $0.orders }
      if let after = query.startingAfter, orders[after.text] == nil {
        throw QueryFailure(code: "not_found", message: after.text)
      }
      return OrderPage(orders: Array(orders.values), hasMore: false)
    }
    return service
  }

  /// What orders need of wallet-svc.
  func answerAccounts(in service: inout Service) {
    service.answer(GetChainAccount.self) { query, _ in
      let (isActivated, isContract, isStale) = self.state.withLock { state in
        state.receiversAsked += 1
        return (state.isActivated, state.isContract, state.isStale)
      }
      return ChainAccountView(
        address: query.address, trx: .zero, usdt: 0, energy: .zero, bandwidth: 0, isActivated: isActivated,
        isContract: isContract, asOf: Samples.now, isStale: isStale)
    }
    service.answer(GetBalance.self) { _, _ in
      CustomerBalance(available: Sun(12_500_000), held: Sun(1), usdt: self.state.withLock { $0.usdt })
    }
  }

  private func take(_ command: PlaceOrder, at now: Date) -> OrderView? {
    state.withLock { state in
      state.placed += 1
      guard let outcome = state.outcome else { return nil }
      let order = OrderView(
        id: command.order, customer: command.customer, origin: command.origin, receiver: command.receiver,
        energy: command.energy, durationSeconds: command.durationSeconds, price: Sun(3_900_000), state: outcome,
        failure: state.failure, createdAt: now, updatedAt: now, seq: 2)
      state.orders[command.order.text] = order
      return order
    }
  }
}
