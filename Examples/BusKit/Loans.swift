import BusKit
import Foundation
import Postgres

/// A row of the service's own table as a value.
struct Book: Row {
  static let table = "books"
  let id: String
  var reader: String?
  var due: Date?
  var seq: Int64
  var rowKey: String { id }
}

/// Units of work: the service that knows who has which book.
/// - Parameter shelves: those that exist; a book for another one is nothing that another try could mend.
func makeLoans(shelves: Set<String> = ["A", "B", "C"]) -> Service {
  var service = Service(
    name: "loans-svc", schema: "loans",
    migrations: [
      Migration(
        version: 1, name: "books",
        sql: "create table books (id text primary key, reader text, due timestamptz, seq bigint not null)")
    ])
  service.publishes([LibraryTopic.events, LibraryTopic.commands])
  service.handle(AddBook.self, needs: { [.row(Book.self, $0.book)] }) { command, unit in
    guard shelves.contains(command.shelf) else {
      throw PermanentFailure("there is no shelf \(command.shelf): build it and replay this message")
    }
    if try unit.find(Book.self, command.book) == nil {
      try unit.save(Book(id: command.book, seq: 0))
    }
    try answer("added", unit)
  }
  service.handle(LendBook.self, needs: { [.row(Book.self, $0.book)] }, apply: lend)
  service.handle(ReturnBook.self, needs: { [.row(Book.self, $0.book)] }, apply: takeBack)
  service.handle(CheckReturn.self, needs: { [.row(Book.self, $0.book)] }, apply: checkReturn)
  answerQuestions(&service)
  return service
}

/// Everything it does happens in one transaction, or not at all. That the book is lent already is an answer and no
/// error: trying again would not change it.
private func lend(_ command: LendBook, _ unit: UnitOfWork) throws {
  guard var book = try unit.find(Book.self, command.book) else { return try answer("unknown_book", unit) }
  guard book.reader == nil else { return try answer("lent_already", unit) }
  let due = unit.now.addingTimeInterval(Double(command.days) * 86_400)
  book.reader = command.reader
  book.due = due
  book.seq += 1
  try unit.save(book)
  try unit.publish(BookLent(book: book.id, seq: book.seq, reader: command.reader, due: due))
  try unit.publish(CheckReturn(book: book.id, loan: book.seq), at: due)
  try answer("lent", unit)
}

private func takeBack(_ command: ReturnBook, _ unit: UnitOfWork) throws {
  guard var book = try unit.find(Book.self, command.book), book.reader != nil else {
    return try answer("not_lent", unit)
  }
  book.reader = nil
  book.due = nil
  book.seq += 1
  try unit.save(book)
  try unit.publish(BookReturned(book: book.id, seq: book.seq))
  try answer("returned", unit)
}

/// Comes when a loan is due, weeks after it was recorded: the loan may be over.
private func checkReturn(_ check: CheckReturn, _ unit: UnitOfWork) throws {
  guard var book = try unit.find(Book.self, check.book), let reader = book.reader, book.seq == check.loan else {
    return
  }
  book.seq += 1
  try unit.save(book)
  try unit.publish(LoanOverdue(book: book.id, seq: book.seq, reader: reader))
}

/// Answers whoever sent the command, if they wait.
private func answer(_ code: String, _ unit: UnitOfWork) throws {
  guard let cause = unit.cause else { return }
  try unit.reply(LoanAnswer(code: code), to: cause.replyTo, correlation: cause.correlation)
}
