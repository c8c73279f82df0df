import BusKit
import Contracts
import Foundation
import TronKit

/// Asks other services, and sends them commands that may be repeated. `Bus` does; tests answer for themselves.
protocol Asking: Sendable {
  func ask<Q: Query>(_ query: Q, within limit: Duration) async throws -> Q.Reply
  /// Sends a command that may be repeated, by the outbox, and waits for its answer.
  /// - Returns: nil when no answer came in time; the command will be carried out.
  func command<C: Message, Answer: Message>(
    _ command: C, _ answer: Answer.Type, within limit: Duration
  ) async throws -> Answer?
}

extension Bus: Asking {
  func command<C: Message, Answer: Message>(
    _ command: C, _ answer: Answer.Type, within limit: Duration
  ) async throws -> Answer? {
    try await self.command(command, answer: answer, within: limit)
  }
}

/// Turns a request for a screen's data into questions, asked side by side, and into commands where the screen is of
/// something that is to be changed first.
struct ScreenLoader: Sendable {
  /// For each question.
  private static let limit: Duration = .seconds(2)
  /// For each command: with a question before it, within the effect's time.
  private static let commandLimit: Duration = .seconds(3)

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
    case .deposit: try await deposit(customer)
    case .addresses: .book(.addresses(try await ask(GetAddresses(customer: customer))))
    case .address(let address): .book(try await look(at: address, customer))
    case .save(let address):
      try await change(SaveAddress(customer: customer, address: address, label: ""), address, request) {
        .saved(address)
      }
    case .remove(let address):
      try await change(RemoveAddress(customer: customer, address: address), address, request) { .removed(address) }
    case .rename(let address, let label):
      try await change(
        SaveAddress(customer: customer, address: address, label: label, renamesOnly: true), address, request
      ) { .renamed(address, label: label) }
    case .makeDefault(let address):
      try await change(SetDefaultAddress(customer: customer, address: address), address, request) {
        .becameDefault(address)
      }
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

  private func deposit(_ customer: CustomerID) async throws -> Loaded {
    do {
      return .deposit(try await ask(GetDepositAddress(customer: customer)))
    } catch let failure as QueryFailure where failure.code == "no_deposit_address" {
      let answer = try await asking.command(
        AssignDepositAddress(customer: customer), DepositAddressAnswer.self, within: Self.commandLimit)
      if let address = answer?.address { return .deposit(address) }
      return answer?.code == "deposits_off" ? .depositsOff : .depositNotReady
    }
  }

  private func look(at address: TronAddress, _ customer: CustomerID) async throws -> BookAnswer {
    async let chain = ifKnown(GetChainAccount(address: address))
    async let book = ifKnown(GetAddresses(customer: customer))
    return try await .address(
      address, chain: chain, saved: book?.addresses.first { $0.address == address })
  }

  private func change(
    _ command: some Message, _ address: TronAddress, _ request: LoadRequest, done: () -> BookAnswer
  ) async throws -> Loaded {
    guard let result = try await asking.command(command, CommandResult.self, within: Self.commandLimit) else {
      return .unavailable(request)
    }
    return .book(result.ok ? done() : .refused(address, code: result.code))
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
