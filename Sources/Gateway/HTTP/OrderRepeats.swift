import BusKit
import Contracts
import Foundation

/// Answers for orders that are recorded: what a request is told that placed one, or that comes again.
struct OrderRepeats: Sendable {
  let bus: Bus
  let limits: RestLimits
  private let shown: ShownOrders
  private let places: Places

  init(bus: Bus, limits: RestLimits, shown: ShownOrders) {
    self.bus = bus
    self.limits = limits
    self.shown = shown
    places = Places(limits.repeatsWaitingMax)
  }

  /// The same key again. Another request under it is refused; the same one joins the order, running or long finished.
  func again(_ row: RestOrderRow, _ order: OrderRequest) async throws -> APIAnswer {
    guard row.requestHash == order.fingerprint else { throw Problem.idempotencyKeyReused }
    // Many who repeat what is slow must not make it slower: to the others the last that was heard is answer enough.
    guard places.enter() else { return try answer(row.view, row, isReplay: true) }
    defer { places.leave() }
    var pause = Duration.milliseconds(150)
    let deadline = ContinuousClock.now + limits.orderWait
    var view = row.view
    // An end stays as it is: there is nothing to ask.
    if view?.state.isTerminal == true { return try answer(view, row, isReplay: true) }
    repeat {
      do {
        view = try await bus.ask(
          GetOrder(order: OrderID(text: row.orderId), customer: row.customer), within: .seconds(1))
      } catch {
        bus.logger.debug(
          "a repeated order is not known yet", metadata: ["order": "\(row.orderId)", "error": "\(error)"])
      }
      if PlacementOutcome(view) != .pending { break }
      do { try await Task.sleep(for: pause) } catch { break }
      pause *= 2
    } while ContinuousClock.now < deadline
    return try answer(view, row, isReplay: true)
  }

  /// - Parameter view: the last that is known; nothing older than what was shown of the order is told.
  func answer(_ view: OrderView?, _ row: RestOrderRow, isReplay: Bool) throws -> APIAnswer {
    let replayed = isReplay ? ["Idempotent-Replayed": "true"] : [:]
    let known = view ?? shown.last(OrderID(text: row.orderId), of: row.customer)
    switch PlacementOutcome(known.map { shown.show($0) }) {
    case .created(let order):
      return APIAnswer(
        201, OrderAnswer.json(order), headers: replayed.merging(["Location": "/v1/orders/\(order.id)"]) { $1 })
    case .refused(var problem):
      problem.headers.merge(replayed) { $1 }
      throw problem
    case .pending:
      return APIAnswer(
        202, OrderAnswer.pending(row), headers: replayed.merging(["Location": "/v1/orders/\(row.orderId)"]) { $1 })
    }
  }
}
