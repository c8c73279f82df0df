import BusKit
import Contracts
import TronKit

/// `GET /v1/balance` and `GET /v1/prices`.
struct AccountEndpoints: Sendable {
  let bus: Bus
  let limits: RestLimits

  @Sendable func balance(_ request: APIRequest) async throws -> APIAnswer {
    let balance = try await bus.ask(GetBalance(customer: request.caller.customer), within: limits.queryWait)
    return APIAnswer(
      200,
      [
        "object": "balance", "available_sun": .int(balance.available.value),
        "available_trx": .string(balance.available.trx),
        "held_sun": .int(balance.held.value), "held_trx": .string(balance.held.trx),
        "available_usdt_micro": balance.usdt.map { .int($0) } ?? .null,
        "available_usdt": balance.usdt.map { .string(Money($0, .usdt).decimal) } ?? .null,
      ])
  }

  @Sendable func prices(_ request: APIRequest) async throws -> APIAnswer {
    let list = try await bus.ask(GetPrices(), within: limits.queryWait)
    let products = list.products.map { product -> JSONValue in
      [
        "object": "product", "id": .string(product.id), "duration_seconds": .int(product.durationSeconds),
        "sun_per_energy": .int(product.sunPerEnergy), "energy_min": .int(product.energyMin.value),
        "energy_max": .int(product.energyMax.value),
      ]
    }
    return APIAnswer(
      200,
      [
        "object": "list", "data": .array(products), "has_more": false,
        "as_of": .string(MessageCoder.timestamp(list.asOf)),
      ])
  }
}
