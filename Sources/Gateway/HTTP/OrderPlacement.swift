import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// `POST /v1/orders`. Before the commit of row and command the answer may be any error; after it, never one that says
/// "failed on our side": the order may be running, so the worst answer is 202 with its id.
struct OrderPlacement: Sendable {
  let bus: Bus
  let limits: RestLimits
  let admission: OrderAdmission
  private let repeats: RequestLimit

  init(bus: Bus, limits: RestLimits, refusals: Refusals) {
    self.bus = bus
    self.limits = limits
    admission = OrderAdmission(bus: bus, limits: limits, refusals: refusals)
    repeats = RequestLimit(limits.repeatsWaitingMax)
  }

  @Sendable func place(_ request: APIRequest) async throws -> APIAnswer {
    let key = try IdempotencyKey(header: request.idempotencyKey)
    let order = try OrderRequest(body: request.body)
    let rowID = key.rowID(client: request.caller.client)
    if let row = try await existing(rowID) { return try await again(row, order) }
    try checkBroker()
    switch try await placeNew(order, rowID, request) {
    case .answered(let answer): return answer
    case .standing(let row): return try await again(row, order)
    }
  }

  private enum Placed {
    case answered(APIAnswer)
    /// Another request with this key was first: its row.
    case standing(RestOrderRow)
  }

  /// From admission to order-svc's first word, which tells how much more can be admitted.
  private func placeNew(_ order: OrderRequest, _ rowID: String, _ request: APIRequest) async throws -> Placed {
    let ticket = try await admission.admit(arrived: request.arrived)
    var word = OrderAdmission.Word.unasked
    defer { admission.end(ticket, word) }
    let asked = ContinuousClock.now
    try await checkReceiver(order)
    // What the chain's balance takes is no sign of too many orders.
    let counted = request.arrived + (ContinuousClock.now - asked)
    let row = RestOrderRow(
      id: rowID, client: request.caller.client, customer: request.caller.customer, orderId: OrderID.make().text,
      requestHash: order.fingerprint, receiver: order.receiver, energy: order.energy,
      durationSeconds: order.durationSeconds, createdAt: Date())
    // Registered before the command leaves, so that no answer can be missed.
    let expectation = bus.expectReply(OrderChanged.self, correlation: row.orderId)
    guard let stored = try await record(row, order, expectation) else { return .answered(pending(row)) }
    guard stored.orderId == row.orderId else { return .standing(stored) }
    let view = await firstState(expectation, stored)
    word = view == nil ? .neverCame : .came(after: ContinuousClock.now - counted)
    return .answered(try answer(view, stored, isReplay: false))
  }

  /// The row that stands now; nil: it is unknown whether ours was recorded. Nobody waits for an answer any more unless
  /// it is ours.
  private func record(
    _ row: RestOrderRow, _ order: OrderRequest, _ expectation: ReplyExpectation<OrderChanged>
  ) async throws -> RestOrderRow? {
    do {
      let stored = try await commit(row, priceMax: order.priceMax)
      if stored.orderId != row.orderId { expectation.cancel() }
      return stored
    } catch let error as CommitUnknown {
      expectation.cancel()
      bus.logger.error(
        "it is unknown whether an order was recorded", metadata: ["order": "\(row.orderId)", "error": "\(error.cause)"])
      return nil
    } catch {
      expectation.cancel()
      throw error
    }
  }

  // MARK: - Before the commit

  private func existing(_ rowID: String) async throws -> RestOrderRow? {
    let away = Problem.unavailable("Orders cannot be recorded at the moment; nothing was ordered.")
    guard bus.postgresDownFor == nil else { throw away }
    do { return try await RestOrderReads(bus: bus).byKey(rowID) } catch {
      bus.logger.warning("an idempotency key could not be looked up", metadata: ["error": "\(error)"])
      throw away
    }
  }

  private func checkBroker() throws {
    if let down = bus.redisDownFor, down > limits.redisDownMax {
      throw Problem.unavailable("Orders cannot be passed on at the moment; nothing was ordered.", retryAfterSeconds: 5)
    }
  }

  /// Spares the customer an order that cannot be delivered. No answer in time is no reason to refuse: tx-svc looks
  /// again before it signs.
  private func checkReceiver(_ order: OrderRequest) async throws {
    let account: ChainAccountView
    do {
      account = try await bus.ask(GetChainAccount(address: order.receiver), within: limits.chainCheck)
    } catch {
      bus.logger.info("the receiver was not checked", metadata: ["error": "\(error)"])
      return
    }
    if account.isContract { throw OrderAnswer.refusal(.receiverIsContract) }
    // Somebody who was told so before may have activated the address since; only the chain's own word counts.
    if !account.isActivated, !account.isStale { throw OrderAnswer.refusal(.receiverNotActivated) }
  }

  private struct CommitUnknown: Error { let cause: any Error }

  /// Writes the row and the command. Returns the row that stands: ours, or the one that another request with this key
  /// wrote first.
  ///
  /// When the connection is lost the same transaction is run again: it finds its own row if the first commit took
  /// effect, so it can never order twice. Only if that fails too is the outcome unknown.
  private func commit(_ row: RestOrderRow, priceMax: Sun?) async throws -> RestOrderRow {
    var mayHaveCommitted = false
    for attempt in 1...3 {
      do { return try await write(row, priceMax: priceMax) } catch {
        if (error as? PostgresError)?.code == .commitUnknown { mayHaveCommitted = true }
        let isLost = (error as? PostgresError)?.isConnectionLoss == true
        if isLost, attempt < 3 {
          // A request that was abandoned meanwhile ends here; the wait itself cannot fail otherwise.
          do { try await Task.sleep(for: .milliseconds(200 * attempt)) } catch { throw CommitUnknown(cause: error) }
          continue
        }
        if mayHaveCommitted { throw CommitUnknown(cause: error) }
        bus.logger.warning("an order was not recorded", metadata: ["error": "\(error)"])
        throw Problem.unavailable("The order could not be recorded; nothing was ordered.")
      }
    }
    throw Problem.internalError
  }

  private func write(_ row: RestOrderRow, priceMax: Sun?) async throws -> RestOrderRow {
    let order = OrderID(text: row.orderId)
    return try await bus.transaction(needs: [.row(RestOrderRow.self, row.id)], correlation: row.orderId) {
      [bus, limits] unit in
      if let existing = try unit.find(RestOrderRow.self, row.id) { return existing }
      var row = row
      row.createdAt = unit.now
      try unit.save(row)
      try unit.publish(
        PlaceOrder(
          order: order, customer: row.customer, origin: .rest, receiver: row.receiver, energy: row.energy,
          durationSeconds: row.durationSeconds, priceMax: priceMax),
        timeToLive: limits.orderTimeToLive, replyTo: bus.process, correlation: row.orderId)
      return row
    }
  }

  // MARK: - After the commit

  private func firstState(_ expectation: ReplyExpectation<OrderChanged>, _ row: RestOrderRow) async -> OrderView? {
    do { return try await expectation.value(within: limits.orderWait)?.order } catch {
      bus.logger.info("no first state of an order", metadata: ["order": "\(row.orderId)", "error": "\(error)"])
      return nil
    }
  }

  /// The same key again. Another request under it is refused; the same one joins the order, running or long finished.
  private func again(_ row: RestOrderRow, _ order: OrderRequest) async throws -> APIAnswer {
    guard IdempotencyDecision(existingFingerprint: row.requestHash, fingerprint: order.fingerprint) == .replay else {
      throw Problem.idempotencyKeyReused
    }
    // Many who repeat what is slow must not make it slower: to the others the last that was heard is answer enough.
    guard repeats.enter() else { return try answer(row.snapshot, row, isReplay: true) }
    defer { repeats.leave() }
    var pause = Duration.milliseconds(150)
    let deadline = ContinuousClock.now + limits.orderWait
    var view = row.snapshot
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

  private func answer(_ view: OrderView?, _ row: RestOrderRow, isReplay: Bool) throws -> APIAnswer {
    let replayed = isReplay ? ["Idempotent-Replayed": "true"] : [:]
    switch PlacementOutcome(view) {
    case .created(let order):
      return APIAnswer(
        201, OrderAnswer.json(order), headers: replayed.merging(["Location": "/v1/orders/\(order.id)"]) { $1 })
    case .refused(var problem):
      problem.headers.merge(replayed) { $1 }
      throw problem
    case .pending:
      var answer = pending(row)
      answer.headers.merge(replayed) { $1 }
      return answer
    }
  }

  private func pending(_ row: RestOrderRow) -> APIAnswer {
    APIAnswer(202, OrderAnswer.pending(row), headers: ["Location": "/v1/orders/\(row.orderId)"])
  }
}
