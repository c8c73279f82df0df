import BusKit
import Contracts

/// Reading and cancelling orders. Each question names the caller's customer, so nobody sees another's order.
struct OrderEndpoints: Sendable {
  static let pageMax = 100
  static let pageDefault = 20

  let bus: Bus
  let limits: RestLimits
  private let shown: ShownOrders
  private let looks: OrderLooks
  private let exchange: CommandExchange

  init(bus: Bus, limits: RestLimits, shown: ShownOrders) {
    self.bus = bus
    self.limits = limits
    self.shown = shown
    looks = OrderLooks(bus: bus, limits: limits, shown: shown)
    exchange = CommandExchange(bus: bus, limits: limits)
  }

  /// `GET /v1/orders/{id}`: from the gateway's own row where that is as good as order-svc's word.
  @Sendable func get(_ request: APIRequest) async throws -> APIAnswer {
    let order = try Self.orderID(request.pathID)
    return APIAnswer(200, try await looks.look(at: order, of: request.caller.customer))
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
    let orders = page.orders.map { OrderAnswer.json(shown.show($0)) }
    return APIAnswer(200, ["object": "list", "data": .array(orders), "has_more": .bool(page.hasMore)])
  }

  /// `POST /v1/orders/{id}/cancel`: 202 with the order as it stands; 409 when it is too late.
  @Sendable func cancel(_ request: APIRequest) async throws -> APIAnswer {
    let order = try Self.orderID(request.pathID)
    let customer = request.caller.customer
    // Not held back while Redis is away, as other commands are: the outbox keeps it, and it may come in time.
    let result = try await exchange.record(CancelOrder(order: order, customer: customer), CommandResult.self)
    return try await cancelled(order, result: result, request)
  }

  private func cancelled(_ order: OrderID, result: CommandResult?, _ request: APIRequest) async throws -> APIAnswer {
    switch result?.code {
    case "too_late":
      throw Problem(409, "too_late", "Too late to cancel", "The energy has been delivered or the order has ended.")
    case "not_found":
      // Recorded here and on its way to order-svc: "no such order" would be wrong, and it would go on uncancelled.
      guard try await looks.known(order, request.caller.customer) == nil else {
        throw Problem.unavailable("The order has not been taken up yet and was not cancelled; cancel it again.")
      }
      throw Problem.notFound("There is no order \(order).")
    default:
      do {
        return APIAnswer(202, try await looks.look(at: order, of: request.caller.customer, asks: true))
      } catch let problem as Problem where problem.status == 404 {
        throw problem
      } catch {
        bus.logger.debug("a cancelled order cannot be shown", metadata: ["order": "\(order)", "error": "\(error)"])
        return APIAnswer(
          202, ["object": "order", "id": .string(order.text)], headers: ["Location": "/v1/orders/\(order)"])
      }
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
