import BusKit
import Contracts
import Foundation
import TronKit

/// Orders as the REST API shows them.
enum OrderAnswer {
  static func json(_ order: OrderView) -> JSONValue {
    [
      "object": "order", "id": .string(order.id.text), "status": .string(order.status.rawValue),
      "receiver": .string(order.receiver.base58), "energy": .int(order.energy.value),
      "duration_seconds": .int(order.durationSeconds), "price_sun": .int(order.price.value),
      "price_trx": .string(order.price.trx), "delegate_txid": text(order.delegateTxIDs.first?.description),
      "delegate_txids": .array(order.delegateTxIDs.map { .string($0.description) }),
      "reclaim_txid": text(order.reclaimTxIDs.first?.description),
      "reclaim_txids": .array(order.reclaimTxIDs.map { .string($0.description) }),
      "created_at": time(order.createdAt), "delivered_at": time(order.deliveredAt), "ends_at": time(order.endsAt),
      "failure": text(order.failure?.rawValue),
    ]
  }

  /// An order that order-svc has not spoken of yet: what was asked, no price.
  static func pending(_ row: RestOrderRow) -> JSONValue {
    [
      "object": "order", "id": .string(row.orderId), "status": .string(OrderStatus.pending.rawValue),
      "receiver": .string(row.receiver.base58), "energy": .int(row.energy.value),
      "duration_seconds": .int(row.durationSeconds), "price_sun": .null, "price_trx": .null, "delegate_txid": .null,
      "delegate_txids": [], "reclaim_txid": .null, "reclaim_txids": [], "created_at": time(row.createdAt),
      "delivered_at": .null, "ends_at": .null, "failure": .null,
    ]
  }

  /// What a rejected order is in HTTP. The order exists and can be read; no money has moved.
  static func problem(_ failure: OrderFailure, order: OrderID) -> Problem {
    var problem = refusal(failure)
    problem.orderID = order.text
    problem.headers["Location"] = "/v1/orders/\(order.text)"
    return problem
  }

  static func refusal(_ failure: OrderFailure) -> Problem {
    let code = failure.rawValue
    switch failure {
    case .insufficientBalance:
      return Problem(402, code, "Insufficient balance", "The balance does not cover the price. Top up and order again.")
    case .priceChanged:
      return Problem(
        409, code, "Price changed", "The price is above max_price_sun. Read GET /v1/prices and order again.")
    case .expired:
      return Problem(409, code, "Order expired", "The order was not taken up in time. Order again with a new key.")
    case .alreadyReleased, .cancelledByCustomer:
      return Problem(409, code, "Order cancelled", "The order was cancelled before money was set aside.")
    case .poolEmpty:
      return Problem(
        409, code, "No energy available", "There is not enough energy at the moment. Order less, or later.")
    case .signingPaused:
      return Problem(409, code, "Delegations paused", "Delegations are paused at the moment. Order again later.")
    case .deadline:
      return Problem(
        409, code, "Not delivered in time", "The energy could not be delivered in time; nothing was charged.")
    case .chainRefused:
      return Problem(409, code, "Refused by the chain", "The chain refused the delegation; nothing was charged.")
    case .unknownProduct:
      return field("duration_seconds", code, "There is no rental of this duration. Read GET /v1/prices.")
    case .energyOutOfRange:
      return field("energy", code, "This amount of energy is not offered. Read GET /v1/prices for the limits.")
    case .receiverNotActivated:
      return field("receiver", code, "The address is not activated on chain: send it some TRX first.")
    case .receiverIsContract:
      return field("receiver", code, "The address is a contract; energy can be delegated to ordinary accounts only.")
    case .receiverNotAllowed:
      return field("receiver", code, "Energy is not rented to this address.")
    }
  }

  private static func field(_ name: String, _ code: String, _ detail: String) -> Problem {
    Problem(
      422, code, "Order refused", detail, errors: [FieldError(pointer: "#/\(name)", code: code, detail: detail)])
  }

  private static func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
  private static func time(_ value: Date?) -> JSONValue { value.map { .string(MessageCoder.timestamp($0)) } ?? .null }
}

/// How an order's first known state answers the request that placed it.
enum PlacementOutcome: Equatable {
  /// Left `placed`: 201 with the order.
  case created(OrderView)
  /// Rejected: a problem that names the reason.
  case refused(Problem)
  /// Not decided yet: 202.
  case pending

  init(_ order: OrderView?) {
    guard let order else {
      self = .pending
      return
    }
    switch order.state {
    case .placed: self = .pending
    case .rejected: self = .refused(OrderAnswer.problem(order.failure ?? .expired, order: order.id))
    case .funded, .delegating, .cancelling, .delivered, .active, .ending, .completed, .failed, .cancelled:
      self = .created(order)
    }
  }
}
