import BusKit
import Contracts
import Foundation

/// What `GET /v1/orders/{id}` shows. order-svc knows best; but every state reaches the gateway's own row a moment
/// later, and most looks come just then. So the row answers
/// - when it holds an end, which stays as it is;
/// - while what it holds is new, and nothing newer was shown by this process (a look must not go back);
/// - when order-svc does not answer: the last that is known is better than nothing, and no older than what was shown.
///
/// What order-svc answers is not written to the row: one that is ahead passes over the events in between, and with them
/// over when the order was delivered.
struct OrderLooks: Sendable {
  /// A state that is older than this is asked for: an event may have been lost on its way here.
  static let newFor: TimeInterval = 10

  let bus: Bus
  let limits: RestLimits
  /// Customers who wait look again and again.
  private let rows = LookUps<OrderID, RestOrderRow> { try await RestOrderReads(bus: $1).byOrders($0) }
  private let shown: ShownOrders

  init(bus: Bus, limits: RestLimits, shown: ShownOrders) {
    self.bus = bus
    self.limits = limits
    self.shown = shown
  }

  /// - Parameter asks: order-svc is asked whatever the row holds, for what has just been changed.
  /// - Throws: `Problem` 404; `QueryFailure` when order-svc does not answer and nothing is known here.
  func look(at order: OrderID, of customer: CustomerID, asks: Bool = false) async throws -> JSONValue {
    let row = await ownRow(order, customer)
    if !asks, let view = row?.view, isGood(view, at: Date()) {
      let newest = shown.show(view)
      // Behind what was shown, the row says nothing of what has become of that.
      if !view.isOlder(than: newest) { return OrderAnswer.json(newest) }
    }
    do {
      let view = try await bus.ask(GetOrder(order: order, customer: customer), within: limits.queryWait)
      return OrderAnswer.json(shown.show(view))
    } catch let failure as QueryFailure where failure.code == "not_found" {
      // It may have been recorded since the row was looked for.
      guard let row = try await known(order, customer) else {
        throw Problem.notFound("There is no order \(order).")
      }
      return lastKnown(row, order, customer).map(OrderAnswer.json) ?? OrderAnswer.pending(row)
    } catch let failure as QueryFailure where failure.isNoAnswer {
      guard let view = lastKnown(row, order, customer) else { throw failure }
      bus.logger.info("an order is shown as last heard of", metadata: ["order": "\(order)", "error": "\(failure)"])
      return OrderAnswer.json(view)
    }
  }

  private func isGood(_ view: OrderView, at now: Date) -> Bool {
    if view.state.isTerminal { return true }
    // A clock that goes wrong makes questions, never old answers.
    return view.state != .placed && (0..<Self.newFor).contains(now.timeIntervalSince(view.updatedAt))
  }

  /// The newer of what was heard and what was shown, for when order-svc says nothing of the order.
  private func lastKnown(_ row: RestOrderRow?, _ order: OrderID, _ customer: CustomerID) -> OrderView? {
    (row?.view ?? shown.last(order, of: customer)).map { shown.show($0) }
  }

  func known(_ order: OrderID, _ customer: CustomerID) async throws -> RestOrderRow? {
    guard let row = try await rows.read(order, bus), row.customer == customer else { return nil }
    return row
  }

  /// nil also when it cannot be read: order-svc may be able to answer.
  private func ownRow(_ order: OrderID, _ customer: CustomerID) async -> RestOrderRow? {
    guard bus.postgresDownFor == nil else { return nil }
    do { return try await known(order, customer) } catch {
      bus.logger.info("an order's row was not read", metadata: ["order": "\(order)", "error": "\(error)"])
      return nil
    }
  }
}
