import BusKit
import Contracts
import TronKit

/// Asks other services. `Bus` does; tests answer for themselves.
protocol Asking: Sendable {
  func ask<Q: Query>(_ query: Q, within limit: Duration) async throws -> Q.Reply
}

extension Bus: Asking {}

/// Turns a request for a screen's data into questions, asked side by side.
struct ScreenLoader: Sendable {
  /// For each question.
  private static let limit: Duration = .seconds(2)

  let asking: any Asking
  /// The order that an offer loaded here becomes.
  let order: OrderID

  init(asking: any Asking, order: OrderID) {
    self.asking = asking
    self.order = order
  }

  /// A question without an answer makes `unavailable`; only cancellation throws, and what is no refusal of a service.
  func load(_ request: LoadRequest, for customer: CustomerID) async throws -> Loaded {
    do {
      return try await answer(request, customer)
    } catch let failure as QueryFailure {
      switch failure.code {
      case "unknown_product", "energy_out_of_range": return .notOffered
      case "not_found": return .orderNotFound
      default: return .unavailable(request)
      }
    }
  }

  private func answer(_ request: LoadRequest, _ customer: CustomerID) async throws -> Loaded {
    switch request {
    case .durations(let energy): .durations(energy, try await ask(GetPrices()))
    case .receivers: .receivers(try await ask(GetAddresses(customer: customer)))
    case .offer(let receiver, let energy, let durationSeconds, let isNew):
      .offer(try await offer(receiver, energy, durationSeconds, customer), order: order, isNew: isNew)
    case .balance: .balance(try await ask(GetBalance(customer: customer)))
    case .addresses: .addresses(try await ask(GetAddresses(customer: customer)))
    case .address(let address): .address(address, try await ifKnown(GetChainAccount(address: address)))
    case .orders(let after):
      .orders(
        try await ask(ListOrders(customer: customer, limit: Screens.ordersPerPage, startingAfter: after)))
    case .order(let order): .order(try await ask(GetOrder(order: order, customer: customer)))
    }
  }

  private func offer(
    _ receiver: TronAddress, _ energy: Energy, _ durationSeconds: Int64, _ customer: CustomerID
  ) async throws -> OfferFacts {
    async let quote = ask(GetQuote(energy: energy, durationSeconds: durationSeconds))
    async let balance = ask(GetBalance(customer: customer))
    async let chain = ifKnown(GetChainAccount(address: receiver))
    async let pool = ifKnown(GetPool())
    return try await OfferFacts(receiver: receiver, quote: quote, balance: balance, chain: chain, pool: pool)
  }

  private func ask<Q: Query>(_ query: Q) async throws -> Q.Reply {
    try await asking.ask(query, within: Self.limit)
  }

  /// nil when the service does not know or does not answer: the screen says so.
  private func ifKnown<Q: Query>(_ query: Q) async throws -> Q.Reply? {
    do {
      return try await ask(query)
    } catch is QueryFailure {
      return nil
    }
  }
}
