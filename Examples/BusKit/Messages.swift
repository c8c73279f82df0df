import BusKit
import Foundation

/// The topics of a small lending library, which is what all examples are about. Each names who may read it: an
/// essential group never loses a message, an observer may fall behind so far that it does.
enum LibraryTopic {
  static let commands = Topic("loans.commands", groups: [.essential("loans-svc")])
  static let events = Topic(
    "loans.events", partitions: 2,
    groups: [.essential("reminder-svc"), .essential("fines-svc"), .observer("statistics")])
  static let queries = Topic(
    "loans.queries", groups: [.essential("loans-svc")], lengthMax: 10_000, isTransient: true)
}

/// A command: somebody wants something, and may be refused.
struct AddBook: Message, Equatable {
  static let messageType = "loans.AddBook"
  static let topic = LibraryTopic.commands
  let book: String
  let shelf: String
  var messageKey: String { book }
}

struct ReturnBook: Message, Equatable {
  static let messageType = "loans.ReturnBook"
  static let topic = LibraryTopic.commands
  let book: String
  var messageKey: String { book }
}

/// The library's message to itself: it arrives when a loan is due.
struct CheckReturn: Message, Equatable {
  static let messageType = "loans.CheckReturn"
  static let topic = LibraryTopic.commands
  let book: String
  /// The `seq` of the loan; the book may have come back and been lent again meanwhile.
  let loan: Int64
  var messageKey: String { book }
}

/// An event: it has happened. Events of one book are numbered by `seq`.
struct BookLent: Event, Equatable {
  static let messageType = "loans.BookLent"
  static let topic = LibraryTopic.events
  let book: String
  let seq: Int64
  let reader: String
  let due: Date
  var aggregate: String { book }
}

struct BookReturned: Event, Equatable {
  static let messageType = "loans.BookReturned"
  static let topic = LibraryTopic.events
  let book: String
  let seq: Int64
  var aggregate: String { book }
}

struct LoanOverdue: Event, Equatable {
  static let messageType = "loans.LoanOverdue"
  static let topic = LibraryTopic.events
  let book: String
  let seq: Int64
  let reader: String
  var aggregate: String { book }
}

/// The answer to a command, for whoever waits for it.
struct LoanAnswer: Message, Equatable {
  static let messageType = "loans.LoanAnswer"
  static let topic = Topic("replies", groups: [])
  let code: String
  var messageKey: String { code }
}
