import BusKit
import Contracts
import Foundation
import HTTPClient
import TestKit
import TronKit

/// A client of the REST API.
struct Shopper: Sendable {
  let customer: CustomerID
  let api: API

  func place(
    _ receiver: TronAddress, energy: Int64 = 65_000, seconds: Int64 = 2, key: String = UUID.v7().text
  ) async throws -> API.Reply {
    try await api.send(
      "POST", "/v1/orders", ["receiver": receiver.base58, "energy": energy, "duration_seconds": seconds],
      headers: [("Idempotency-Key", key)])
  }

  /// As `place`; nil when the gateway died under the request.
  func tryToPlace(_ receiver: TronAddress, key: String) async throws -> API.Reply? {
    do {
      return try await place(receiver, key: key)
    } catch is HTTPError {
      return nil
    }
  }

  func order(_ id: String) async throws -> JSON { try await api.get("/v1/orders/\(id)") }

  /// The order once it has that status.
  func order(_ id: String, when status: OrderStatus, within limit: Duration = .seconds(40)) async throws -> JSON {
    var last = JSON.null
    try await eventually(within: limit, "order \(id) is \(status)") {
      last = try await order(id)
      return last["status"].string == status.rawValue
    }
    return last
  }
}
