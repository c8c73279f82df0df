import BusKit
import Contracts
import Foundation

/// Answers to questions about prices and orders.
struct OrderAnswers: Sendable {
  static let pageMax = 100
  let catalogue: ProductCatalogue

  func register(in service: inout Service) {
    let catalogue = catalogue
    service.answer(GetPrices.self) { _, _ in PriceList(products: catalogue.products, asOf: Date()) }
    service.answer(GetQuote.self) { query, _ in
      switch catalogue.quote(energy: query.energy, durationSeconds: query.durationSeconds) {
      case .success(let quote): return quote
      case .failure(let reason):
        throw QueryFailure(
          code: reason.rawValue,
          message: "there is no price for \(query.energy) during \(query.durationSeconds) s; see the price list")
      }
    }
    service.answer(GetOrder.self) { query, bus in
      let order = try await bus.read { try OrderReads.order(query.order, $0) }
      guard let order, query.customer == nil || query.customer == order.customer else { throw notFound(query.order) }
      return order.view
    }
    service.answer(ListOrders.self) { query, bus in
      guard (1...Self.pageMax).contains(query.limit) else {
        throw QueryFailure(code: "invalid_limit", message: "limit is \(query.limit); give 1 to \(Self.pageMax)")
      }
      return try await bus.read { session in
        if let after = query.startingAfter {
          guard let start = try OrderReads.order(after, session), start.customer == query.customer else {
            throw notFound(after)
          }
        }
        // One more than asked for tells whether there is a next page.
        let rows = try OrderReads.page(
          customer: query.customer, limit: query.limit + 1, after: query.startingAfter, session)
        return OrderPage(orders: rows.prefix(query.limit).map(\.view), hasMore: rows.count > query.limit)
      }
    }
  }
}

private func notFound(_ order: OrderID) -> QueryFailure {
  QueryFailure(code: "not_found", message: "there is no order \(order.text.prefix(80))")
}
