import BusKit
import Contracts
import Foundation

/// Reading and cancelling orders. Each question names the caller's customer, so nobody sees another's order.
struct OrderEndpoints: Sendable {
  static let pageMax = 100
  static let pageDefault = 20

  let bus: Bus
  let limits: RestLimits

  /// `GET /v1/orders/{id}`. An order that order-svc does not know yet is `pending` from the gateway's own row.
  @Sendable func get(_ request: APIRequest) async throws -> APIAnswer {
    let order = try Self.orderID(request.pathID)
    let customer = request.caller.customer
    do {
      return APIAnswer(
        200, OrderAnswer.json(try await bus.ask(GetOrder(order: order, customer: customer), within: limits.queryWait)))
    } catch let failure as QueryFailure where failure.code == "not_found" {
      guard let row = try await RestOrderReads(bus: bus).byOrder(order, customer: customer) else {
        throw Problem.notFound("There is no order \(order).")
      }
      return APIAnswer(200, row.snapshot.map(OrderAnswer.json) ?? OrderAnswer.pending(row))
    }
  }

  /// `GET /v1/orders?limit=1…100&starting_after=ord_…`, newest first.
  @Sendable func list(_ request: APIRequest) async throws -> APIAnswer {
    let (limit, after) = try Self.page(request.query)
    let page: OrderPage
    do {
      page = try await bus.ask(
        ListOrders(customer: request.caller.customer, limit: limit, startingAfter: after), within: limits.queryWait)
    } catch let failure as QueryFailure where failure.code == "not_found" {
      throw Problem.invalid([
        FieldError(
          pointer: "?starting_after", code: "not_found",
          detail: "There is no order '\(after?.text ?? "")'; give the id of one of your orders.")
      ])
    }
    return APIAnswer(
      200,
      ["object": "list", "data": .array(page.orders.map(OrderAnswer.json)), "has_more": .bool(page.hasMore)])
  }

  /// `POST /v1/orders/{id}/cancel`: 202 with the order as it stands; 409 when it is too late.
  @Sendable func cancel(_ request: APIRequest) async throws -> APIAnswer {
    let order = try Self.orderID(request.pathID)
    let customer = request.caller.customer
    let correlation = "cancel-" + UUID.v7().text
    let expectation = bus.expectReply(CommandResult.self, correlation: correlation)
    do {
      try await bus.transaction(correlation: correlation) { [bus] unit in
        try unit.publish(
          CancelOrder(order: order, customer: customer), replyTo: bus.process, correlation: correlation)
      }
    } catch {
      expectation.cancel()
      bus.logger.warning("a cancellation was not recorded", metadata: ["order": "\(order)", "error": "\(error)"])
      throw Problem.unavailable("The cancellation may not have been recorded; send it again.")
    }
    return try await cancelled(order, result: await reply(expectation), request)
  }

  private func cancelled(_ order: OrderID, result: CommandResult?, _ request: APIRequest) async throws -> APIAnswer {
    switch result?.code {
    case "too_late":
      throw Problem(409, "too_late", "Too late to cancel", "The energy has been delivered or the order has ended.")
    case "not_found":
      // Recorded here and on its way to order-svc: "no such order" would be wrong, and it would go on uncancelled.
      guard try await RestOrderReads(bus: bus).byOrder(order, customer: request.caller.customer) == nil else {
        throw Problem.unavailable("The order has not been taken up yet and was not cancelled; cancel it again.")
      }
      throw Problem.notFound("There is no order \(order).")
    default:
      do {
        var answer = try await get(request)
        answer.status = 202
        return answer
      } catch {
        bus.logger.debug("a cancelled order cannot be shown", metadata: ["order": "\(order)", "error": "\(error)"])
        return APIAnswer(
          202, ["object": "order", "id": .string(order.text)], headers: ["Location": "/v1/orders/\(order)"])
      }
    }
  }

  private func reply(_ expectation: ReplyExpectation<CommandResult>) async -> CommandResult? {
    do { return try await expectation.value(within: limits.orderWait) } catch {
      bus.logger.debug("no reply to a cancellation", metadata: ["error": "\(error)"])
      return nil
    }
  }

  static func orderID(_ text: String) throws(Problem) -> OrderID {
    guard let order = OrderID(parsing: text) else {
      throw .notFound("There is no order '\(text.prefix(64))'; an order's id is 'ord_' and 32 hex digits.")
    }
    return order
  }

  static func page(_ query: [String: String]) throws(Problem) -> (limit: Int, after: OrderID?) {
    var errors: [FieldError] = []
    var limit = pageDefault
    if let text = query["limit"] {
      if let value = Int(text), (1...pageMax).contains(value) {
        limit = value
      } else {
        errors.append(
          FieldError(
            pointer: "?limit", code: "out_of_range", detail: "limit is '\(text.prefix(20))'; give 1 to \(pageMax)."))
      }
    }
    let after = query["starting_after"].flatMap { OrderID(parsing: $0) }
    if let text = query["starting_after"], after == nil {
      errors.append(
        FieldError(
          pointer: "?starting_after", code: "invalid_order_id",
          detail: "starting_after is '\(text.prefix(64))'; give an order's id."))
    }
    guard errors.isEmpty else { throw .invalid(errors) }
    return (limit, after)
  }
}
