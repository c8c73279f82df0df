import Contracts
import Crypto
import Foundation
import Testing
import TronKit

@Suite("The seal of an order")
struct OrderSealTests {
  private static func delegate(
    order: OrderID = Samples.order, customer: CustomerID = Samples.customer, receiver: TronAddress = Samples.receiver,
    energy: Int64 = 65_000, seconds: Int64 = 3_600, key: SymmetricKey = Samples.key
  ) -> OrderSeal {
    .delegate(
      order: order, customer: customer, receiver: receiver, energy: Energy(energy), durationSeconds: seconds, key: key)
  }

  private static func reclaim(
    order: OrderID = Samples.order, receiver: TronAddress = Samples.receiver, endsAt: Date = Samples.time,
    key: SymmetricKey = Samples.key
  ) -> OrderSeal { .reclaim(order: order, receiver: receiver, endsAt: endsAt, key: key) }

  @Test("is the same for the same order, also after a trip over the bus")
  func stable() throws {
    #expect(Self.delegate() == Self.delegate())
    let bytes = try JSONEncoder().encode(Self.delegate())
    #expect(try JSONDecoder().decode(OrderSeal.self, from: bytes) == Self.delegate())
    #expect(Self.delegate().code.count == 32)
  }

  @Test("fits no other order, customer, receiver, amount, duration, end, purpose or key")
  func notInterchangeable() {
    let other = Samples.otherOrder
    let otherKey = SymmetricKey(data: Array(repeating: UInt8(8), count: 32))
    let seals = [
      Self.delegate(), Self.delegate(order: other), Self.delegate(customer: CustomerID(text: "cus_other")),
      Self.delegate(receiver: .zero), Self.delegate(energy: 65_001), Self.delegate(seconds: 3_601),
      Self.delegate(key: otherKey), Self.reclaim(), Self.reclaim(order: other), Self.reclaim(receiver: .zero),
      Self.reclaim(endsAt: Samples.time.addingTimeInterval(0.001)), Self.reclaim(key: otherKey),
    ]
    for (index, seal) in seals.enumerated() {
      for later in seals[(index + 1)...] { #expect(seal != later) }
    }
  }

  @Test("cannot be moved to another split of the same digits")
  func fieldsDoNotRunTogether() {
    #expect(Self.delegate(energy: 65_000, seconds: 13_600) != Self.delegate(energy: 650_001, seconds: 3_600))
    #expect(Self.delegate(energy: 1, seconds: 23) != Self.delegate(energy: 12, seconds: 3))
  }

  @Test("does not match a shorter or an empty code")
  func truncated() throws {
    for count in [0, 1, 31] {
      let code = Self.delegate().code.prefix(count).base64EncodedString()
      let seal = try JSONDecoder().decode(OrderSeal.self, from: Data(#"{"code":"\#(code)"}"#.utf8))
      #expect(seal != Self.delegate())
    }
  }
}
