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

  typealias Ticket = AdaptiveLimit.Ticket

  private struct Gauges {
    let inWork, limit, unanswered, undelivered, late, undeliveredLimit: MetricsRegistry.Gauge

    init(_ metrics: MetricsRegistry) {
      inWork = metrics.gauge("energy_gateway_orders_in_work")
      limit = metrics.gauge("energy_gateway_orders_limit")
      unanswered = metrics.gauge("energy_gateway_orders_unanswered")
      undelivered = metrics.gauge("energy_gateway_orders_undelivered")
      late = metrics.gauge("energy_gateway_orders_late")
      undeliveredLimit = metrics.gauge("energy_gateway_orders_undelivered_limit")
    }
  }

  private struct State {
    var orders: AdaptiveLimit
    var deliveries: DeliveryGate
    var waiting = RestOrderReads.Waiting()
    /// For orders that wait for their delivery, when they were counted.
    var room: Int
    /// Let through since `waiting` was counted.
    var admitted = 0
    var counted: ContinuousClock.Instant?
  }

  static let recount = Duration.milliseconds(500)
  private let bus: Bus
  private let refusals: Refusals
  private let unansweredMax: Int
  private let start = ContinuousClock.now
  private let state: Mutex<State>
  /// Its lock is not the state's: nobody who is to be let in waits for a gauge.
  private let gauges: Mutex<Gauges>

  init(bus: Bus, limits: RestLimits, refusals: Refusals) {
    self.bus = bus
    self.refusals = refusals
    unansweredMax = limits.unansweredMax
    state = Mutex(
      State(
        orders: AdaptiveLimit(limits.orders), deliveries: DeliveryGate(limits.deliveries),
        room: limits.deliveries.maximum))
    gauges = Mutex(Gauges(bus.metrics))
    show()
  }

  /// Lets an order in, before anything is done for it. The ticket has to be ended.
  /// - Parameter arrived: when its request came.
  /// - Returns: the problem to answer with, 503, when there is no room.
  /// - Throws: `Problem` 503 when the orders that wait cannot be counted.
  func admit(arrived: ContinuousClock.Instant) async throws -> Result<Ticket, Problem> {
    try await recountIfDue()
    let now = ContinuousClock.now
    let decision = state.withLock { decide(&$0, waited: now - arrived, at: now - start) }
    show()
    return decision.mapError { refusals.turnAway($0.reason, "\($0.what); nothing was ordered.") }
  }

  /// - Parameter word: how long order-svc's first word took, counted from the request's arrival.
  func end(_ ticket: Ticket, _ word: Word) {
    state.withLock { $0.orders.end(ticket, word, at: ContinuousClock.now - start) }
    show()
  }

  /// One was let in as a new order and is none: the next one may have its room. Its ticket still has to be ended.
  func giveBack() {
    state.withLock { $0.admitted = max(0, $0.admitted - 1) }
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
    guard state.admitted < state.room else {
      return .failure(Full(reason: .undelivered, what: "Deliveries are late at the moment"))
    }
    guard let ticket = state.orders.admit(at: now) else {
      return .failure(Full(reason: .orders, what: "As many orders are in work as are served in time"))
    }
    state.admitted += 1
    return .success(ticket)
  }

  private func recountIfDue() async throws {
    let now = ContinuousClock.now
    let gate: DeliveryGate? = state.withLock { state in
      if let counted = state.counted, now - counted < Self.recount { return nil }
      // The first to see it counts; the others go on with what is known.
      state.counted = now
      return state.deliveries
    }
    guard let gate else { return }
    do {
      let waiting = try await RestOrderReads(bus: bus)
        .waiting(unansweredMax: unansweredMax, gate: gate, holdsBack: gate.holdsBack(at: now - start))
      state.withLock { state in
        state.waiting = waiting
        // Whoever was let in and has no answer yet will wait for a delivery, too. Left out until order-svc has spoken,
        // as many again would be let in meanwhile.
        var counts = waiting.deliveries
        counts.recent += max(waiting.unanswered, state.orders.inWork)
        state.room = state.deliveries.room(counts, step: Self.recount, at: now - start)
        state.admitted = 0
      }
    } catch {
      bus.logger.warning("the waiting orders could not be counted", metadata: ["error": "\(error)"])
      throw Problem.ordersAway
    }
  }

  private func show() {
    gauges.withLock { gauges in
      // Read under this lock, so that an older count never stays.
      let (orders, room, waiting) = state.withLock { ($0.orders, $0.room, $0.waiting) }
      gauges.inWork.set(Double(orders.inWork))
      gauges.limit.set(Double(orders.current))
      gauges.unanswered.set(Double(waiting.unanswered))
      gauges.undelivered.set(Double(waiting.deliveries.undelivered))
      gauges.late.set(Double(waiting.deliveries.late))
      gauges.undeliveredLimit.set(Double(waiting.deliveries.undelivered + room))
    }
  }
}
