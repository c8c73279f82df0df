/// Deposits as the specification has them: each is taken down once, by its id, and credited once.
extension LedgerBook {
  struct Arrival: Sendable, Hashable {
    let id: String
    let amount: Int64
    /// nil: a token that is not taken.
    let currency: String?
    /// nil: the address is nobody's.
    let customer: String?
  }

  /// The least that is credited.
  static let depositMin: Int64 = 20

  mutating func find(_ arrival: Arrival) throws(Impossible) -> [String] {
    if let earlier = arrivals[arrival.id] {
      guard earlier == arrival else { throw Impossible() }
      return []
    }
    arrivals[arrival.id] = arrival
    guard let currency = arrival.currency else { return [] }
    if arrival.amount < Self.depositMin {
      move(arrival.amount, from: "custody:deposits", to: "rounding", currency)
    } else if arrival.customer == nil {
      move(arrival.amount, from: "custody:deposits", to: "deposits_in_flight", currency)
    } else {
      return ["CreditDeposit"]
    }
    return []
  }

  /// The second step, which knows the customer.
  mutating func credit(_ id: String) throws(Impossible) -> [String] {
    guard let arrival = arrivals[id], let customer = arrival.customer, let currency = arrival.currency else {
      throw Impossible()
    }
    guard credited.insert(id).inserted else { return [] }
    move(arrival.amount, from: "custody:deposits", to: Self.available(customer), currency)
    return ["DepositCredited \(balance(Self.available(customer), currency))"]
  }
}
