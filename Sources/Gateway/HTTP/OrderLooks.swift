import BusKit
import Contracts
import Foundation

/// What `GET /v1/orders/{id}` shows. order-svc knows best; but every state reaches the gateway's own row a moment
/// later, and most looks come just then. So the row answers
/// - when it holds an end, which stays as it is;
/// - while what it holds is new, and order-svc has told this process nothing newer (a look must not go back);
/// - when order-svc does not answer: the last that is known is better than nothing, and no older than what it has told.
struct OrderLooks: Sendable {
  /// A state that is older than this is asked for: an event may have been lost on its way here.
  static let newFor: TimeInterval = 10
  static let toldMax = 10_000

  let bus: Bus
  let limits: RestLimits
  /// Customers who wait look again and again.
  private let rows = LookUps<OrderID, RestOrderRow> { try await RestOrderReads(bus: $1).byOrders($0) }
  /// What was shown of an order: by order-svc, or by a row that was as new.
  private let told = RecentMemory<OrderID, OrderView>(countMax: toldMax, for: .seconds(60))

  init(bus: Bus, limits: RestLimits) {
    self.bus = bus
    self.limits = limits
  }

  /// - Parameter asks: order-svc is asked whatever the row holds, for what has just been changed.
  /// - Throws: `Problem` 404; `QueryFailure` when order-svc does not answer and nothing is known here.
  func look(at order: OrderID, of customer: CustomerID, asks: Bool = false) async throws -> JSONValue {
    let row = await ownRow(order, customer)
    if !asks, let view = row?.snapshot, isGood(view, at: Date()) {
      told.note(order, view)
      return OrderAnswer.json(view)
    }
    do {
      return OrderAnswer.json(try await ask(order, of: customer))
    } catch let failure as QueryFailure where failure.code == "not_found" {
      // It may have been recorded since the row was looked for.
      guard let row = try await known(order, customer) else {
        throw Problem.notFound("There is no order \(order).")
      }
      return row.snapshot.map(OrderAnswer.json) ?? OrderAnswer.pending(row)
    } catch let failure as QueryFailure where failure.isNoAnswer {
      guard let view = newest(row?.snapshot, order, customer) else { throw failure }
      bus.logger.info("an order is shown as last heard of", metadata: ["order": "\(order)", "error": "\(failure)"])
      return OrderAnswer.json(view)
    }
  }

  private func ask(_ order: OrderID, of customer: CustomerID) async throws -> OrderView {
    let view = try await bus.ask(GetOrder(order: order, customer: customer), within: limits.queryWait)
    told.note(order, view)
    return view
  }

  private func isGood(_ view: OrderView, at now: Date) -> Bool {
    if view.state.isTerminal { return true }
    // A clock that goes wrong makes questions, never old answers.
    guard view.state != .placed, (0..<Self.newFor).contains(now.timeIntervalSince(view.updatedAt)) else { return false }
    return told.value(of: view.id).map { view.updatedAt >= $0.updatedAt } ?? true
  }

  private func newest(_ heard: OrderView?, _ order: OrderID, _ customer: CustomerID) -> OrderView? {
    guard let told = told.value(of: order), told.customer == customer else { return heard }
    guard let heard, heard.updatedAt >= told.updatedAt else { return told }
    return heard
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
