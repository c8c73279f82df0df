import BusKit
import Contracts
import TestKit
import TronKit

/// What operators do.
extension LedgerOperation {
  static let adjustments: [LedgerOperation] = [
    LedgerOperation(name: "adjust", weight: 3) { draw in
      let wanted = draw.wanted()
      return draw.ask(wanted)
    },
    LedgerOperation(name: "refund", weight: 3) { draw in
      let wanted = draw.refund()
      return draw.ask(wanted)
    },
    LedgerOperation(name: "approve", weight: 3) { draw in
      let (id, key) = (draw.askedKey(), draw.decisionKey())
      let actor = draw.colleague(of: id)
      let wanted = draw.remembered(id)
      let message = ApproveAdjustment(adjustment: id, request: wanted.request, action: draw.action(actor, key))
      return LedgerCommand("\(actor) approves by \(key) of \(id), \(wanted)", message) {
        $0.approve(id, wanted, key: key, actor: actor)
      }
    },
    LedgerOperation(name: "reject", weight: 1) { draw in
      let (id, key) = (draw.askedKey(), draw.decisionKey())
      let actor = draw.colleague(of: id)
      let message = RejectAdjustment(adjustment: id, action: draw.action(actor, key))
      return LedgerCommand("\(actor) rejects by \(key) of \(id)", message) {
        $0.reject(id, key: key, actor: actor)
      }
    },
  ]
}

extension LedgerBook.Wanted: CustomStringConvertible {
  var description: String {
    "\(kind.rawValue) \(amount) \(currency) \(customer)\(from.isEmpty ? "" : "\(from) to \(to)") \(order ?? "")"
  }

  fileprivate var request: AdjustmentRequest {
    let money = Money(amount, Currency(rawValue: currency) ?? .trx)
    let kinds: [Kind: AdjustmentRequest.Kind] = [.credit: .credit, .debit: .debit, .refund: .refund]
    guard let kind = kinds[kind] else { return AdjustmentRequest(transfer: money, from: from, to: to) }
    return AdjustmentRequest(
      kind, money, customer: CustomerID(text: customer), order: order.map { OrderID(text: $0) })
  }
}

extension LedgerDraw {
  mutating func key() -> String { "key_\(number)_\(Int.random(in: 0..<12, using: &random))" }

  /// Mostly one by which something was asked for.
  mutating func askedKey() -> String {
    let other = key()
    return isRare ? other : requests.keys.sorted().randomElement(using: &random) ?? other
  }

  /// Mostly the operator who has not asked.
  mutating func colleague(of key: String) -> String {
    isRare ? actor() : requests[key]?.actor == "ann_\(number)" ? "bob_\(number)" : "ann_\(number)"
  }

  mutating func actor() -> String { random.chance(500) ? "ann_\(number)" : "bob_\(number)" }
  func action(_ actor: String, _ key: String) -> OperatorAction {
    OperatorAction(actor: actor, reason: "test", key: key)
  }

  /// Now and then one that is in use for something else.
  mutating func decisionKey() -> String {
    isRare ? key() : "decision_\(number)_\(Int.random(in: 0..<4, using: &random))"
  }

  mutating func wanted() -> LedgerBook.Wanted {
    let currency = random.chance(700) ? "TRX" : "USDT"
    let amount = isRare ? self.amount(-1...0) : isHalf ? self.amount(501...900) : self.amount(1...200)
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<3: return .init(kind: .credit, amount: amount, currency: currency, customer: customer())
    case 3..<6: return .init(kind: .debit, amount: amount, currency: currency, customer: customer())
    case 6..<9: return refund()
    default:
      return .init(kind: .transfer, amount: amount, currency: currency, from: "revenue", to: "custody:treasury")
    }
  }

  /// Half of them are asked for once more.
  mutating func refund() -> LedgerBook.Wanted {
    if isHalf, let lastRefund { return lastRefund }
    let order = orderToSettle()
    let wanted = LedgerBook.Wanted(
      kind: .refund, amount: isRare ? self.amount(30...400) : self.amount(1...20),
      currency: random.chance(850) ? "TRX" : "USDT", customer: customer(), order: random.chance(850) ? order : nil)
    lastRefund = wanted
    return wanted
  }

  mutating func ask(_ wanted: LedgerBook.Wanted) -> LedgerCommand {
    let (key, actor) = (self.key(), self.actor())
    remember(wanted, by: key, actor)
    let message = AdjustLedger(request: wanted.request, action: action(actor, key))
    return LedgerCommand("\(actor) asks by \(key) for \(wanted)", message) {
      $0.ask(wanted, key: key, actor: actor, said: "adjust \(wanted) \(actor)")
    }
  }

  mutating func remember(_ wanted: LedgerBook.Wanted, by key: String, _ actor: String) {
    requests[key] = (wanted, actor)
  }

  /// Mostly what was asked for by this key.
  mutating func remembered(_ key: String) -> LedgerBook.Wanted {
    let other = self.wanted()
    return isRare ? other : requests[key]?.wanted ?? other
  }
}
