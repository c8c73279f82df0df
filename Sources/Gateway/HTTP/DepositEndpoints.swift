import BusKit
import Contracts
import QRCode

/// `GET /v1/deposit-address` and its QR code. A customer gets an address with the first question; it changes only when
/// the operator gives up the key that it comes from.
struct DepositEndpoints: Sendable {
  static let path = "/v1/deposit-address"

  let bus: Bus
  let limits: RestLimits

  @Sendable func address(_ request: APIRequest) async throws -> APIAnswer {
    guard let view = try await view(of: request.caller.customer) else { return Self.pending }
    return APIAnswer(200, Self.json(view))
  }

  @Sendable func picture(_ request: APIRequest) async throws -> APIAnswer {
    guard let view = try await view(of: request.caller.customer) else { return Self.pending }
    // The same URL is another picture for another customer, so a cache must tell keys apart. It forgets soon: an
    // address whose key was stolen must not be shown for long.
    return APIAnswer(
      png: try QRCode(view.uri).png(),
      headers: ["Cache-Control": "private, max-age=60", "Vary": "Authorization"])
  }

  /// nil while the address is being assigned.
  private func view(of customer: CustomerID) async throws -> DepositAddressView? {
    do {
      return try await bus.ask(GetDepositAddress(customer: customer), within: limits.queryWait)
    } catch let failure as QueryFailure where failure.code == "no_deposit_address" {
      let answer = try await CommandExchange(bus: bus, limits: limits)
        .send(AssignDepositAddress(customer: customer), DepositAddressAnswer.self)
      return try answer.map(Self.view)
    }
  }

  static func view(_ answer: DepositAddressAnswer) throws(Problem) -> DepositAddressView {
    if let address = answer.address { return address }
    switch answer.code {
    case "none_ready":
      throw Problem(
        503, "no_address_ready", "No deposit address ready",
        "New deposit addresses are being prepared; ask again in a minute.", headers: ["Retry-After": "60"])
    case "deposits_off":
      throw Problem(
        404, "deposits_off", "Deposits are off", "This installation takes no deposits; ask its operator for a credit.")
    default:
      throw .unavailable("No deposit address could be assigned (\(answer.code)); ask again.")
    }
  }

  static func json(_ view: DepositAddressView) -> JSONValue {
    [
      "object": "deposit_address", "status": "assigned", "address": .string(view.address.base58),
      "uri": .string(view.uri), "qr": .string(path + "/qr.png"),
      "currencies": .array(view.minimums.map { .string($0.currency.rawValue) }),
      "minimums": .array(
        view.minimums.map {
          [
            "currency": .string($0.currency.rawValue), "amount": .int($0.amount), "decimal": .string($0.decimal),
          ]
        }),
    ]
  }

  /// The command is on its way, so this is no failure: ask again.
  static let pending = APIAnswer(
    202,
    [
      "object": "deposit_address", "status": "pending", "address": .null, "uri": .null, "qr": .null, "currencies": [],
      "minimums": [],
    ], headers: ["Location": path, "Retry-After": "2"])
}
