/// What operators book by hand, as the specification has it: a key is one action, and above an amount a second operator
/// has to agree.
extension LedgerBook {
  /// What is to be booked.
  struct Wanted: Sendable, Hashable {
    enum Kind: String, Sendable { case credit, debit, refund, transfer }
    let kind: Kind
    let amount: Int64
    let currency: String
    /// Empty for a transfer.
    var customer = ""
    /// Of a refund.
    var order: String?
    /// Of a transfer.
    var from = ""
    var to = ""
  }

  struct Adjustment: Sendable {
    let wanted: Wanted
    let actor: String
    let said: String
    var isWaiting = false
    /// The answer to whoever asks again.
    var code: String
  }

  /// In 24 hours, of each currency, in its smallest unit.
  static let aloneMax: Int64 = 500

  /// - Parameter said: everything of the command: the same key with anything else is refused.
  mutating func ask(_ wanted: Wanted, key: String, actor: String, said: String) -> [String] {
    if let earlier = adjustments[key] { return [result(earlier.said == said ? earlier.code : "key_conflict")] }
    if decisions[key] != nil { return [result("key_conflict")] }
    guard wanted.amount > 0 else { return [result("invalid_amount")] }
    var adjustment = Adjustment(wanted: wanted, actor: actor, said: said, code: "done")
    let alone = "\(actor) \(wanted.currency)"
    if let refusal = refusal(of: wanted) {
      adjustment.code = refusal
    } else if bookedAlone[alone, default: 0] + wanted.amount > Self.aloneMax {
      (adjustment.isWaiting, adjustment.code) = (true, "awaiting_approval")
    } else {
      bookedAlone[alone, default: 0] += wanted.amount
      book(wanted)
    }
    adjustments[key] = adjustment
    return [result(adjustment.code), "OperatorActed"]
  }

  mutating func approve(_ id: String, _ wanted: Wanted, key: String, actor: String) -> [String] {
    decide(id, key: key, said: "approve \(id) \(wanted) \(actor)") { book, adjustment in
      if adjustment.wanted != wanted { return "request_differs" }
      if adjustment.actor == actor { return "same_operator" }
      adjustment.code = book.refusal(of: wanted) ?? "done"
      if adjustment.code == "done" { book.book(wanted) }
      return nil
    }
  }

  mutating func reject(_ id: String, key: String, actor: String) -> [String] {
    decide(id, key: key, said: "reject \(id) \(actor)") { _, adjustment in
      adjustment.code = "rejected"
      return nil
    }
  }

  /// - Parameter body: changes the adjustment, or says why not.
  private mutating func decide(
    _ id: String, key: String, said: String, _ body: (inout LedgerBook, inout Adjustment) -> String?
  ) -> [String] {
    if let earlier = decisions[key] {
      return [result(earlier == said ? adjustments[id]?.code ?? "" : "key_conflict")]
    }
    if adjustments[key] != nil { return [result("key_conflict")] }
    guard var adjustment = adjustments[id] else { return [result("unknown_adjustment")] }
    guard adjustment.isWaiting else { return [result("not_waiting")] }
    if let refusal = body(&self, &adjustment) { return [result(refusal)] }
    adjustment.isWaiting = false
    adjustments[id] = adjustment
    decisions[key] = said
    return [result(adjustment.code), "OperatorActed"]
  }

  /// Why it cannot be booked now; nil: it can.
  private func refusal(of wanted: Wanted) -> String? {
    switch wanted.kind {
    case .credit, .transfer: return nil
    case .debit:
      let available = balance(Self.available(wanted.customer), wanted.currency)
      return available < wanted.amount ? "insufficient_balance" : nil
    case .refund:
      guard let id = wanted.order else { return nil }
      if wanted.currency != "TRX" { return "other_currency" }
      guard let order = orders[id], case .captured(let captured) = order.phase else { return "not_captured" }
      if order.customer != wanted.customer { return "other_customer" }
      if refunded.contains(id) { return "already_refunded" }
      return wanted.amount > captured ? "exceeds_captured" : nil
    }
  }

  private mutating func book(_ wanted: Wanted) {
    let available = Self.available(wanted.customer)
    switch wanted.kind {
    case .credit: move(wanted.amount, from: "adjustments", to: available, wanted.currency)
    case .debit: move(wanted.amount, from: available, to: "adjustments", wanted.currency)
    case .transfer: move(wanted.amount, from: wanted.from, to: wanted.to, wanted.currency)
    case .refund:
      if let order = wanted.order { refunded.insert(order) }
      move(wanted.amount, from: "refunds", to: available, wanted.currency)
    }
  }
}
