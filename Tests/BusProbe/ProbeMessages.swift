import BusKit

/// Puts an amount on an account. The account's name says what its handling does besides: see `Probe.ledger`.
struct Deposit: Message, Equatable {
  static let messageType = "probe.Deposit"
  static let topic = Topic("probe.commands", groups: [.essential("ledger")])
  let account: String
  var amount = 1
  var messageKey: String { account }
}

struct Deposited: Event, Equatable {
  static let messageType = "probe.Deposited"
  static let topic = Topic("probe.events", groups: [.essential("auditor")])
  let aggregate: String
  let seq: Int64
}

struct Account: Row {
  static let table = "accounts"
  let id: String
  var total: Int
  var handled: Int
  var rowKey: String { id }
}

struct Entry: Row {
  static let table = "entries"
  let id: String
  var times: Int
  var rowKey: String { id }
}
