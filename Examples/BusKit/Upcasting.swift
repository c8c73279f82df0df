import BusKit

/// The first form of the command counted weeks. Streams, outboxes and dead letters may still hold it.
struct LendBookV1: Message, Equatable {
  static let messageType = "loans.LendBook"
  static let topic = LibraryTopic.commands
  let book: String
  let reader: String
  let weeks: Int
  var messageKey: String { book }
}

/// The present form counts days, and still reads the first.
struct LendBook: UpcastableMessage, Equatable {
  static let messageType = "loans.LendBook"
  static let messageVersion = 2
  static let topic = LibraryTopic.commands
  let book: String
  let reader: String
  let days: Int
  var messageKey: String { book }

  init(book: String, reader: String, days: Int = 28) {
    self.book = book
    self.reader = reader
    self.days = days
  }

  init(upcasting older: LendBookV1) {
    self.init(book: older.book, reader: older.reader, days: 7 * older.weeks)
  }
}
