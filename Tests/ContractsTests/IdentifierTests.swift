import Contracts
import Crypto
import Foundation
import Testing

@Suite("Identifiers")
struct IdentifierTests {
  @Test("an order's id is ord_ and 32 lower-case hex digits")
  func orderIDs() {
    #expect(OrderID(parsing: Samples.order.text) == Samples.order)
    let made = OrderID.make()
    #expect(OrderID(parsing: made.text) == made)
    let derived = OrderID.derived(from: UUID())
    #expect(OrderID(parsing: derived.text) == derived)
  }

  @Test("everything else is no order's id", arguments: [
    "", "ord_", "ord_0123456789abcdef0123456789abcde", "ord_0123456789abcdef0123456789abcdef0",
    "ord_0123456789ABCDEF0123456789abcdef", "cus_0123456789abcdef0123456789abcdef",
    "ord_0123456789abcdef0123456789abcde\u{0}", "ord_\u{ff10}123456789abcdef0123456789abcdef",
    "ord_0123456789abcdef0123456789abcde\u{ff41}", "ord_0123456789abcdef0123456789abcdeg",
  ])
  func badOrderIDs(text: String) { #expect(OrderID(parsing: text) == nil) }

  @Test("one cause is one order")
  func derived() {
    let cause = UUID()
    #expect(OrderID.derived(from: cause) == OrderID.derived(from: cause))
    #expect(OrderID.derived(from: cause) != OrderID.derived(from: UUID()))
  }

  @Test("a Telegram user is the same customer in every gateway, and a stranger to another installation")
  func customers() {
    let secret = SymmetricKey(data: Array(repeating: UInt8(9), count: 32))
    let customer = CustomerID.telegram(userID: 42, installationSecret: secret)
    #expect(customer.text == "cus_9ecd320b17fd5cf405d005c7317598e0")
    #expect(customer != .telegram(userID: 43, installationSecret: secret))
    #expect(customer != .telegram(userID: 42, installationSecret: Samples.key))
  }
}
