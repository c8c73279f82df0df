import BusKit
import Foundation
import Synchronization

/// Turns new orders away when more come than can be served in time: waiting customers are better told so than queued.
/// Three things are watched:
/// - how long order-svc takes for its first word of this process' orders (`AdaptiveLimit`);
/// - how many orders of all gateways it has not spoken of: an absolute bound;
/// - how many accepted ones are not delivered, and how many of these are late (`DeliveryGate`).
final class OrderAdmission: Sendable {
  typealias Word = AdaptiveLimit.Word

  struct Ticket: Sendable {
    fileprivate let inner: AdaptiveLimit.Ticket
  }

  private struct State {
    var orders: AdaptiveLimit
    var deliveries: DeliveryGate
    var waiting = RestOrderReads.Waiting()
    /// Let through since `waiting` was counted.
    var admitted = 0
    var counted: ContinuousClock.Instant?
  }

  static let recount = Duration.milliseconds(500)
  private let bus: Bus
  private let refusals: Refusals
  private let unansweredMax: Int
  private let deliveries: DeliveryGate.Settings
  private let start = ContinuousClock.now
  private let state: Mutex<State>

  init(bus: Bus, limits: RestLimits, refusals: Refusals) {
    self.bus = bus
    self.refusals = refusals
    unansweredMax = limits.unansweredMax
    deliveries = limits.deliveries
    state = Mutex(State(orders: AdaptiveLimit(limits.orders), deliveries: DeliveryGate(limits.deliveries)))
    state.withLock { show($0) }
  }

  /// Lets an order in, before anything is done for it. The ticket has to be ended.
  /// - Parameter arrived: when its request came.
  /// - Throws: `Problem` 503 when there is no room, or the orders that wait cannot be counted.
  func admit(arrived: ContinuousClock.Instant) async throws -> Ticket {
    try await recountIfDue()
    let now = ContinuousClock.now
    let decision = state.withLock { state in
      defer { show(state) }
      return decide(&state, waited: now - arrived, at: now - start)
    }
    switch decision {
    case .success(let ticket): return ticket
    case .failure(let full): throw refusals.problem(full.reason, "\(full.what); nothing was ordered.")
    }
  }

  /// - Parameter word: how long order-svc's first word took, counted from the request's arrival.
  func end(_ ticket: Ticket, _ word: Word) {
    state.withLock { state in
      state.orders.end(ticket.inner, word, at: ContinuousClock.now - start)
      show(state)
    }
  }

  private struct Full: Error {
    let reason: Refusals.Reason
    let what: String
  }

  private func decide(_ state: inout State, waited: Duration, at now: Duration) -> Result<Ticket, Full> {
    // The goal cannot be kept any more. The few that are always let in find out when that is over.
    guard waited <= state.orders.settings.goal || state.orders.inWork < state.orders.settings.minimum else {
      return .failure(Full(reason: .waited, what: "The request has waited too long to be served in time"))
    }
    guard state.waiting.unanswered + state.admitted < unansweredMax else {
      return .failure(Full(reason: .unanswered, what: "Too many orders wait for an answer"))
    }
    // Before the gate: a probe that finds no room here would be wasted.
    guard let ticket = state.orders.admit(at: now) else {
      return .failure(Full(reason: .orders, what: "As many orders are in work as are served in time"))
    }
    guard state.deliveries.hasRoom(open: state.waiting.undelivered + state.admitted, at: now) else {
      state.orders.end(ticket, .unasked, at: now)
      return .failure(Full(reason: .undelivered, what: "Deliveries are late at the moment"))
    }
    state.admitted += 1
    return .success(Ticket(inner: ticket))
  }

  private func recountIfDue() async throws {
    let now = ContinuousClock.now
    let isStale = state.withLock { state in
      guard let counted = state.counted, now - counted < Self.recount else {
        // The first to see it counts; the others go on with what is known.
        state.counted = now
        return true
      }
      return false
    }
    guard isStale else { return }
    do {
      let waiting = try await RestOrderReads(bus: bus).waiting(
        unansweredMax: unansweredMax, undeliveredMax: deliveries.maximum, lateAfter: deliveries.goal)
      state.withLock { state in
        state.waiting = waiting
        state.admitted = 0
        state.deliveries.note(open: waiting.undelivered, late: waiting.late, at: ContinuousClock.now - start)
      }
    } catch {
      bus.logger.warning("the waiting orders could not be counted", metadata: ["error": "\(error)"])
      throw Problem.unavailable("Orders cannot be recorded at the moment; nothing was ordered.")
    }
  }

  private func show(_ state: State) {
    func gauge(_ name: String, _ value: Int) { bus.metrics.gauge("energy_gateway_\(name)").set(Double(value)) }
    gauge("orders_in_work", state.orders.inWork)
    gauge("orders_limit", state.orders.current)
    gauge("orders_unanswered", state.waiting.unanswered)
    gauge("orders_undelivered", state.waiting.undelivered)
    gauge("orders_late", state.waiting.late)
    gauge("orders_undelivered_limit", state.deliveries.current)
  }
}
