import BusKit

/// The two tiny services of these tests: `counter` adds amounts up per account and tells; `audit` writes down what it
/// was told.
struct Add: Message, Equatable {
  static let messageType = "test.Add"
  static let topic = Topic("test.commands", groups: [.essential("counter")])
  let account: String
  var amount = 1
  /// What else the counter shall do with it; see `World.counter`.
  var then = "nothing"
  var messageKey: String { account }
}

struct Added: Event, Equatable {
  static let messageType = "test.Added"
  static let topic = Topic("test.events", groups: [.essential("audit")])
  let aggregate: String
  let seq: Int64
  let total: Int
}

/// A message of a release that nobody here knows.
struct Unheard: Message {
  static let messageType = "test.Unheard"
  static let topic = Add.topic
  var messageKey: String { "none" }
}

struct GetTotal: Query {
  static let messageType = "test.GetTotal"
  static let topic = Topic("test.queries", groups: [.essential("counter")], lengthMax: 1000, isTransient: true)
  typealias Reply = Int
  let account: String
  var messageKey: String { account }
}

/// A question that no service answers.
struct GetNothing: Query {
  static let messageType = "test.GetNothing"
  static let topic = Topic("test.silence", groups: [], lengthMax: 1000, isTransient: true)
  typealias Reply = Int
  var messageKey: String { "" }
}

struct Ring: Effect, Equatable {
  static let kind = "ring"
  let key: String
  let number: Int
  var orderKey: String { key }
}

struct Account: Row {
  static let table = "accounts"
  let id: String
  var total: Int
  var handled: Int
  var rowKey: String { id }
}

struct Note: Row {
  static let table = "notes"
  let id: String
  var topic: String
  var text: String
  var rowKey: String { id }
}
