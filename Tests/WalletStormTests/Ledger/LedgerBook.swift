/// The ledger as the specification describes it, in a dictionary of balances: no row, no posting, and none of the
/// service's own rules. Each command's answer is told in lines, in alphabetical order, as `LedgerEvidence` reads them.
struct LedgerBook: Sendable {
  /// A command that a person has to look at: the bus buries it and nothing has moved.
  struct Impossible: Error {}

  struct Order: Sendable {
    enum Phase: Sendable, Equatable { case nothingHeld, held, captured(Int64), released }
    let customer: String
    var phase = Phase.nothingHeld
    /// What HoldFunds asked for; nil: not asked yet.
    var asked: Int64?
    /// What HoldFunds was answered with.
    var answer = ""
  }

  /// By `currency account`. What was credited less what was debited.
  private(set) var balances: [String: Int64] = [:]
  private(set) var orders: [String: Order] = [:]
  /// By order.
  private var costs: [String: Int64] = [:]
  /// What operators asked for, by their key; their decisions, by the key of each; what each has booked alone, by actor
  /// and currency; orders that were refunded. See `LedgerBook+Adjustments`.
  var adjustments: [String: Adjustment] = [:]
  var decisions: [String: String] = [:]
  var bookedAlone: [String: Int64] = [:]
  var refunded: Set<String> = []
  /// Deposits by their id, and which of them were credited. See `LedgerBook+Deposits`.
  var arrivals: [String: Arrival] = [:]
  var credited: Set<String> = []

  static func available(_ customer: String) -> String { "customer:\(customer)" }
  static func held(_ customer: String) -> String { "held:\(customer)" }

  func balance(_ account: String, _ currency: String = "TRX") -> Int64 {
    balances["\(currency) \(account)", default: 0]
  }

  mutating func move(_ amount: Int64, from: String, to: String, _ currency: String = "TRX") {
    guard amount != 0 else { return }
    balances["\(currency) \(from)", default: 0] -= amount
    balances["\(currency) \(to)", default: 0] += amount
  }

  /// Another book's money beside this one's: they share no customer.
  mutating func add(_ other: LedgerBook) {
    balances.merge(other.balances, uniquingKeysWith: +)
    orders.merge(other.orders) { own, _ in own }
  }

  // MARK: - Holds

  mutating func hold(_ amount: Int64, order id: String, customer: String) -> [String] {
    guard amount > 0 else { return contradicted("amount_out_of_range") }
    var order = orders[id] ?? Order(customer: customer)
    guard order.customer == customer else { return contradicted("other_customer") }
    if let asked = order.asked {
      guard asked == amount else { return contradicted("exists_with_other_amount") }
      return [result(order.answer.hasPrefix("FundsHeld") ? "exists" : reason(order.answer)), order.answer]
    }
    order.asked = amount
    let available = balance(Self.available(customer))
    if order.phase == .released || available < amount {
      let reason = order.phase == .released ? "already_released" : "insufficient_balance"
      order.answer = "FundsRefused \(reason) \(available)"
      orders[id] = order
      return [result(reason), order.answer]
    }
    order.phase = .held
    order.answer = "FundsHeld \(amount)"
    orders[id] = order
    move(amount, from: Self.available(customer), to: Self.held(customer))
    return [result("held"), order.answer]
  }

  mutating func release(order id: String, customer: String) -> [String] {
    guard var order = orders[id] else {
      // Remembered: a later hold is refused.
      orders[id] = Order(customer: customer, phase: .released)
      return [result("remembered")]
    }
    guard order.customer == customer else { return contradicted("other_customer") }
    switch order.phase {
    case .captured: return contradicted("already_captured")
    case .nothingHeld: return [result("remembered")]
    case .released:
      guard order.answer.hasPrefix("FundsHeld") else { return [result("remembered")] }
      return [result("already_released"), settled(0, of: order)]
    case .held:
      order.phase = .released
      orders[id] = order
      move(order.asked ?? 0, from: Self.held(customer), to: Self.available(customer))
      return [result("released"), settled(0, of: order)]
    }
  }

  mutating func capture(_ amount: Int64, order id: String, customer: String) -> [String] {
    guard var order = orders[id] else { return contradicted("not_held") }
    guard order.customer == customer else { return contradicted("other_customer") }
    switch order.phase {
    case .nothingHeld: return contradicted("not_held")
    case .released: return contradicted("already_released")
    case .captured(amount): return [result("already_captured"), settled(amount, of: order)]
    case .captured: return contradicted("already_captured")
    case .held:
      let asked = order.asked ?? 0
      guard (0...asked).contains(amount) else { return contradicted("amount_out_of_range") }
      order.phase = .captured(amount)
      orders[id] = order
      move(amount, from: Self.held(customer), to: "revenue")
      move(asked - amount, from: Self.held(customer), to: Self.available(customer))
      return [result("captured"), settled(amount, of: order)]
    }
  }

  // MARK: - Without a hold

  mutating func cost(_ amount: Int64, order: String) throws(Impossible) -> [String] {
    if let earlier = costs[order] {
      guard earlier == amount else { throw Impossible() }
      return []
    }
    guard amount > 0 else { throw Impossible() }
    costs[order] = amount
    move(amount, from: "costs", to: "custody:pool")
    return []
  }

  // MARK: - Words

  func result(_ code: String) -> String { "CommandResult \(code)" }
  private func contradicted(_ reason: String) -> [String] { [result(reason), "HoldContradicted \(reason)"] }
  private func reason(_ answer: String) -> String { String(answer.split(separator: " ")[1]) }
  private func settled(_ captured: Int64, of order: Order) -> String {
    "HoldSettled \(captured) \((order.asked ?? 0) - captured)"
  }
}
