/// Something that must not be.
struct LedgerFinding: Sendable, CustomStringConvertible {
  enum Kind: String, Sendable {
    /// The journal and the model differ on an account.
    case balance
    /// A customer's cached balance is not what the journal says.
    case cache
    /// An account of a customer was below zero after some transaction.
    case negative
    /// A currency does not sum to zero.
    case sum
    /// An order was captured or released twice, or both.
    case settledTwice
    /// What was held for an order is not what was captured and released of it.
    case settlement
    /// The state of an order's hold is another than the model's.
    case hold
    /// A message's answer is another than the model's.
    case answer
    /// One number of a customer's events belongs to two of them.
    case eventNumber
    /// A message was handled twice, in part, or not at all.
    case delivery
  }

  let kind: Kind
  /// nil: it concerns no sequence alone.
  let sequence: Int?
  let text: String

  init(_ kind: Kind, _ sequence: Int?, _ text: String) {
    self.kind = kind
    self.sequence = sequence
    self.text = text
  }

  /// A finding about a customer, an order or one of their accounts: the sequence's number stands in the name.
  init(_ kind: Kind, of name: String, _ text: String) {
    let parts = name.split(separator: "_")
    self.init(kind, parts.count > 1 ? Int(parts[1]) : nil, text)
  }

  var description: String { "\(kind.rawValue): \(text)" }
}
