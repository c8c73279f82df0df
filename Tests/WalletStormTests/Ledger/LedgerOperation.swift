import BusKit
import Contracts
import TestKit
import TronKit

/// A command, and what the model says to it.
struct LedgerCommand: Sendable {
  /// For histories.
  let text: String
  let message: any Message
  /// The lines of the answer. Throws `LedgerBook.Impossible` where the bus has to bury the message.
  let apply: @Sendable (inout LedgerBook) throws -> [String]

  init(
    _ text: String, _ message: any Message, _ apply: @escaping @Sendable (inout LedgerBook) throws -> [String]
  ) {
    self.text = text
    self.message = message
    self.apply = apply
  }
}

/// One kind of thing that is done to the ledger: how often, and how one is drawn.
struct LedgerOperation: Sendable {
  let name: String
  let weight: Int
  let draw: @Sendable (inout LedgerDraw) throws -> LedgerCommand

  /// Everything that moves money.
  static let all: [LedgerOperation] = holds + adjustments + deposits

  private static let holds: [LedgerOperation] = [
    LedgerOperation(name: "credit", weight: 3) { $0.credit() },
    LedgerOperation(name: "hold", weight: 6) { draw in
      let (order, customer) = (draw.orderToHold(), draw.customer())
      let amount = draw.isRare ? draw.amount(-5...200) : draw.asked(order)
      return LedgerCommand(
        "hold \(amount) for \(order) of \(customer)",
        HoldFunds(order: OrderID(text: order), customer: CustomerID(text: customer), amount: Sun(amount))
      ) { $0.hold(amount, order: order, customer: customer) }
    },
    LedgerOperation(name: "capture", weight: 5) { draw in
      let (order, customer) = (draw.orderToSettle(), draw.customer())
      let asked = draw.asked(order)
      let amount = draw.isRare ? draw.amount(-1...250) : draw.isHalf ? asked : draw.amount(0...asked)
      return LedgerCommand(
        "capture \(amount) of \(order) of \(customer)",
        CaptureHold(order: OrderID(text: order), customer: CustomerID(text: customer), amount: Sun(amount))
      ) { $0.capture(amount, order: order, customer: customer) }
    },
    LedgerOperation(name: "release", weight: 3) { draw in
      let (order, customer) = (draw.orderToSettle(), draw.customer())
      return LedgerCommand(
        "release \(order) of \(customer)",
        ReleaseHold(order: OrderID(text: order), customer: CustomerID(text: customer))
      ) { $0.release(order: order, customer: customer) }
    },
    LedgerOperation(name: "cost", weight: 2) { draw in
      let order = draw.order()
      // Another cost than before is rare: a message that is buried makes its whole batch run again one by one.
      let amount = draw.isPoisoned ? draw.amount(-1...50) : draw.cost(order)
      let message = BookOrderCost(order: OrderID(text: order), cost: Sun(amount))
      return LedgerCommand("cost \(amount) of \(order)", message) {
        try $0.cost(amount, order: order)
      }
    },
  ]
}

/// What one sequence is drawn from: customers, orders and keys of its own.
struct LedgerDraw {
  var random: SeededGenerator
  /// The sequence's number stands in every name: a finding leads back to it.
  let number: Int
  private var last = 0
  /// Orders for which a hold was drawn.
  private var held: [Int] = []
  /// What was asked for by each key.
  var requests: [String: (wanted: LedgerBook.Wanted, actor: String)] = [:]
  /// The last refund that was asked for.
  var lastRefund: LedgerBook.Wanted?
  /// What each transaction brought.
  var found: [Int: (LedgerBook.Arrival, DepositFound)] = [:]

  init(number: Int, random: SeededGenerator) {
    self.number = number
    self.random = random
  }

  /// A customer in ten cases is the other one of the sequence.
  mutating func customer() -> String { customer(random.chance(30) ? 1 - last % 2 : last % 2) }
  private func customer(_ index: Int) -> String { "cus_\(number)_\(index)" }

  /// The same order mostly twice running, so that holds are settled.
  mutating func order() -> String {
    if random.chance(500) { last = Int.random(in: 0..<3, using: &random) }
    return "ord_\(number)_\(last)"
  }

  mutating func orderToHold() -> String {
    let order = self.order()
    held.append(last)
    return order
  }

  /// Mostly one that was to be held.
  mutating func orderToSettle() -> String {
    guard random.chance(850), let index = held.randomElement(using: &random) else { return order() }
    last = index
    return "ord_\(number)_\(index)"
  }

  /// What an order costs the customer, and us.
  func asked(_ order: String) -> Int64 { 20 + Int64(order.utf8.last ?? 0) % 3 * 35 }
  func cost(_ order: String) -> Int64 { 7 + Int64(order.utf8.last ?? 0) % 3 }

  mutating func amount(_ range: ClosedRange<Int64>) -> Int64 { .random(in: range, using: &random) }
  var isRare: Bool { mutating get { random.chance(120) } }
  var isHalf: Bool { mutating get { random.chance(500) } }
  var isPoisoned: Bool { mutating get { random.chance(2) } }

  /// The oldest form of a credit.
  /// - Parameter index: to this customer of the sequence; nil: to either.
  mutating func credit(to index: Int? = nil) -> LedgerCommand {
    let (customer, key) = (self.customer(index ?? Int.random(in: 0..<2, using: &random)), self.key())
    let amount = index == nil && isRare ? self.amount(-2...0) : self.amount(100...200)
    let (actor, said) = ("ann_\(number)", "credit \(customer) \(amount)")
    let wanted = LedgerBook.Wanted(kind: .credit, amount: amount, currency: "TRX", customer: customer)
    remember(wanted, by: key, actor)
    let message = CreditAccount(
      customer: CustomerID(text: customer), amount: Sun(amount), action: action(actor, key))
    return LedgerCommand("credit \(amount) to \(customer) by \(key)", message) {
      $0.ask(wanted, key: key, actor: actor, said: said)
    }
  }
}
