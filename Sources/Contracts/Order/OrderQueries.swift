import BusKit
import Foundation
import TronKit

/// What a rental costs: sun per unit of energy, by duration.
public struct Product: Codable, Sendable, Equatable {
  public let id: String
  public let durationSeconds: Int64
  public let sunPerEnergy: Int64
  public let energyMin: Energy
  public let energyMax: Energy
  public init(id: String, durationSeconds: Int64, sunPerEnergy: Int64, energyMin: Energy, energyMax: Energy) {
    self.id = id
    self.durationSeconds = durationSeconds
    self.sunPerEnergy = sunPerEnergy
    self.energyMin = energyMin
    self.energyMax = energyMax
  }
}

public struct PriceList: Codable, Sendable, Equatable {
  public let products: [Product]
  public let asOf: Date
  public init(products: [Product], asOf: Date) {
    self.products = products
    self.asOf = asOf
  }
}

public struct GetPrices: Query {
  public typealias Reply = PriceList
  public static let messageType = "order.GetPrices"
  public static let topic = Topic.orderQueries
  public var messageKey: String { "prices" }
  public init() {}
}

/// The price of one rental. Fails with `unknown_product` or `energy_out_of_range`.
public struct GetQuote: Query {
  public typealias Reply = Quote
  public static let messageType = "order.GetQuote"
  public static let topic = Topic.orderQueries
  public let energy: Energy
  public let durationSeconds: Int64
  public var messageKey: String { "quote" }
  public init(energy: Energy, durationSeconds: Int64) {
    self.energy = energy
    self.durationSeconds = durationSeconds
  }
}

public struct Quote: Codable, Sendable, Equatable {
  public let product: Product
  public let energy: Energy
  public let price: Sun
  public init(product: Product, energy: Energy, price: Sun) {
    self.product = product
    self.energy = energy
    self.price = price
  }
}

/// One order. Fails with `not_found`, also when it is another customer's. `customer` nil is for operators only.
public struct GetOrder: Query {
  public typealias Reply = OrderView
  public static let messageType = "order.GetOrder"
  public static let topic = Topic.orderQueries
  public let order: OrderID
  public let customer: CustomerID?
  public var messageKey: String { order.text }
  public init(order: OrderID, customer: CustomerID?) {
    self.order = order
    self.customer = customer
  }
}

/// A customer's orders, newest first, at most `limit` (1…100), after the order `startingAfter`.
public struct ListOrders: Query {
  public typealias Reply = OrderPage
  public static let messageType = "order.ListOrders"
  public static let topic = Topic.orderQueries
  public let customer: CustomerID
  public let limit: Int
  public let startingAfter: OrderID?
  public var messageKey: String { customer.text }
  public init(customer: CustomerID, limit: Int, startingAfter: OrderID?) {
    self.customer = customer
    self.limit = limit
    self.startingAfter = startingAfter
  }
}

public struct OrderPage: Codable, Sendable, Equatable {
  public let orders: [OrderView]
  public let hasMore: Bool
  public init(orders: [OrderView], hasMore: Bool) {
    self.orders = orders
    self.hasMore = hasMore
  }
}
