import BusKit
import Foundation
import Postgres

struct OpenLoan: Row {
  static let table = "open_loans"
  let id: String
  var seq: Int64
  /// nil: the book is back.
  var due: Date?
  var rowKey: String { id }
}

struct Fine: Row {
  static let table = "fines"
  /// The book and the night: one fine for each.
  let id: String
  var cents: Int
  var rowKey: String { id }
}

/// Schedules: each night at two o'clock every overdue book costs ten cents.
/// - Throws: `CronError` for an expression that cannot be read.
func makeFines() throws -> Service {
  var service = Service(
    name: "fines-svc", schema: "fines",
    migrations: [
      Migration(
        version: 1, name: "open loans and fines",
        sql: """
          create table open_loans (id text primary key, seq bigint not null, due timestamptz);
          create table fines (id text primary key, cents int not null);
          """)
    ])
  service.handle(BookLent.self, needs: { [.row(OpenLoan.self, $0.book)] }) { event, unit in
    try note(OpenLoan(id: event.book, seq: event.seq, due: event.due), unit)
  }
  service.handle(BookReturned.self, needs: { [.row(OpenLoan.self, $0.book)] }) { event, unit in
    try note(OpenLoan(id: event.book, seq: event.seq, due: nil), unit)
  }
  service.ignore(LoanOverdue.self)
  try service.cron(
    "nightly fines", "0 2 * * *", timeZone: "Europe/Berlin", missed: .catchUp(max: 7), needs: [.all(OpenLoan.self)]
  ) { tick, unit in
    for loan in try unit.all(OpenLoan.self) {
      guard let due = loan.due, due < tick.time else { continue }
      try unit.save(Fine(id: "\(loan.id) \(tick.time.formatted(.iso8601.year().month().day()))", cents: 10))
    }
  }
  return service
}

/// An event that is not newer than what is known has been overtaken.
private func note(_ loan: OpenLoan, _ unit: UnitOfWork) throws {
  guard loan.seq > (try unit.find(OpenLoan.self, loan.id)?.seq ?? 0) else { return }
  try unit.save(loan)
}
