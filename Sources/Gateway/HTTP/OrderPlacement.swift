import BusKit
import Contracts
import Foundation
import Postgres

/// `POST /v1/orders`. Once it is known that row and command are recorded the answer is never one that says "failed on
/// our side": the order is running, so the worst answer is 202 with its id.
///
/// A new order looks nothing up before its transaction, which finds the row of whoever used the key before. Only who is
/// to be refused is looked up first: a repeated order is not refused for what new ones are refused for. A refusal for
/// good also waits for a request with the same key whose commit is still under way: both cannot be true.
struct OrderPlacement: Sendable {
  let bus: Bus
  let limits: RestLimits
  private let admission: OrderAdmission
  private let receivers: ReceiverCheck
  private let recording: OrderRecording
  private let repeats: OrderRepeats
  /// Whoever is turned away is looked up, and under overload these are many.
  private let keys = LookUps<String, RestOrderRow> { try await RestOrderReads(bus: $1).byKeys($0) }

  init(bus: Bus, limits: RestLimits, refusals: Refusals, shown: ShownOrders) {
    self.bus = bus
    self.limits = limits
    admission = OrderAdmission(bus: bus, limits: limits, refusals: refusals)
    receivers = ReceiverCheck(bus: bus, limits: limits)
    recording = OrderRecording(bus: bus, limits: limits)
    repeats = OrderRepeats(bus: bus, limits: limits, shown: shown)
  }

  @Sendable func place(_ request: APIRequest) async throws -> APIAnswer {
    let key = try IdempotencyKey(header: request.idempotencyKey)
    let order = try OrderRequest(body: request.body)
    let rowID = key.rowID(client: request.caller.client)
    guard bus.postgresDownFor == nil else { throw Problem.ordersAway }
    switch try await placeNew(order, rowID, request) {
    case .answered(let answer): return answer
    case .standing(let row): return try await repeats.again(row, order)
    case .refused(let problem):
      guard let row = try await found({ try await keys.read(rowID, bus) }) else { throw problem }
      return try await repeats.again(row, order)
    case .unfit(let problem, let row):
      guard let row = try await found({ try await RestOrderReads(bus: bus).settled(row) }) else { throw problem }
      return try await repeats.again(row, order)
    }
  }

  private enum Placed {
    case answered(APIAnswer)
    /// Another request with this key was first: its row.
    case standing(RestOrderRow)
    /// Nothing was done for it: not now.
    case refused(Problem)
    /// Nothing was done for it, nor will be for this receiver; what it would have recorded.
    case unfit(Problem, RestOrderRow)
  }

  /// From admission to order-svc's first word, which tells how much more can be admitted.
  private func placeNew(_ order: OrderRequest, _ rowID: String, _ request: APIRequest) async throws -> Placed {
    if let down = bus.redisDownFor, down > limits.redisDownMax {
      return .refused(
        .unavailable("Orders cannot be passed on at the moment; nothing was ordered.", retryAfterSeconds: 5))
    }
    let ticket: OrderAdmission.Ticket
    switch try await admission.admit(arrived: request.arrived) {
    case .success(let given): ticket = given
    case .failure(let problem): return .refused(problem)
    }
    var word = OrderAdmission.Word.noEvidence
    defer { admission.end(ticket, word) }
    let asked = ContinuousClock.now
    let fault = await receivers.fault(of: order.receiver)
    // What the chain's balance takes is no sign of too many orders.
    let counted = request.arrived + (ContinuousClock.now - asked)
    let row = RestOrderRow(
      id: rowID, client: request.caller.client, customer: request.caller.customer, orderId: OrderID.make().text,
      requestHash: order.fingerprint, receiver: order.receiver, energy: order.energy,
      durationSeconds: order.durationSeconds, createdAt: Date())
    if let fault {
      admission.giveBack()
      return .unfit(OrderAnswer.refusal(fault), row)
    }
    // Registered before the command leaves, so that no answer can be missed.
    let expectation = bus.expectReply(OrderChanged.self, correlation: row.orderId)
    let stored: RestOrderRow
    do {
      stored = try await recording.record(row, priceMax: order.priceMax, arrived: request.arrived)
    } catch {
      expectation.cancel()
      // What may be recorded keeps its room until the orders are counted again.
      if !error.isOutcomeUnknown { admission.giveBack() }
      throw error
    }
    guard stored.orderId == row.orderId else {
      expectation.cancel()
      admission.giveBack()
      return .standing(stored)
    }
    let view = await firstState(expectation, stored)
    word = view == nil ? .neverCame : .came(after: ContinuousClock.now - counted)
    return .answered(try repeats.answer(view, stored, isReplay: false))
  }

  private func found(_ lookUp: () async throws -> RestOrderRow?) async throws -> RestOrderRow? {
    do { return try await lookUp() } catch {
      if (error as? PostgresError)?.isLockTimeout == true {
        throw Problem.outcomeUnknown(
          "Another request with this Idempotency-Key is being recorded; send the same request with the same key.")
      }
      bus.logger.warning("an idempotency key could not be looked up", metadata: ["error": "\(error)"])
      throw Problem.ordersAway
    }
  }

  private func firstState(_ expectation: ReplyExpectation<OrderChanged>, _ row: RestOrderRow) async -> OrderView? {
    do { return try await expectation.value(within: limits.orderWait)?.view } catch {
      bus.logger.info("no first state of an order", metadata: ["order": "\(row.orderId)", "error": "\(error)"])
      return nil
    }
  }
}
