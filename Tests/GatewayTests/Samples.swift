import BusKit
import Contracts
import Foundation
import TronKit

@testable import Gateway

enum Samples {
  static let receiver = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
  static let now = Date(timeIntervalSince1970: 1_767_225_600)
  static let customer = CustomerID(text: "cus_1")

  static func order(_ state: OrderState, failure: OrderFailure? = nil) throws -> OrderView {
    OrderView(
      id: OrderID(text: "ord_" + String(repeating: "a", count: 32)), customer: customer, origin: .rest,
      receiver: try TronAddress(parsing: receiver), energy: Energy(65_000), durationSeconds: 3600,
      price: Sun(3_900_000), state: state, failure: failure, createdAt: now, updatedAt: now)
  }

  static func screen(_ text: String, seq: Int64, slot: String = "menu", adopts: String? = nil, isFresh: Bool = false)
    -> ShowScreen
  {
    ShowScreen(
      customer: customer, slot: slot, adopts: adopts, isFresh: isFresh, seq: seq,
      screen: Screen(html: BotHTML(text: text)))
  }
}
