import BusKit
import Foundation
import Postgres

/// Work for the world outside: a letter to a reader. It is a row until it has ended.
struct PostLetter: Effect {
  static let kind = "PostLetter"
  let book: String
  let reader: String
  /// One letter to a reader at a time, in their order.
  var orderKey: String { reader }
}

struct Reminder: Row {
  static let table = "reminders"
  let id: String
  var seq: Int64
  var state: String
  var changedAt: Date
  var rowKey: String { id }
}

/// Sends a letter. The same key twice is one letter.
typealias PostOffice = @Sendable (_ letter: PostLetter, _ idempotencyKey: UUID) async throws -> Void

/// Effects and retention: reminds readers of loans that are overdue.
func makeReminders(post: @escaping PostOffice) -> Service {
  var service = Service(
    name: "reminder-svc", schema: "reminders",
    migrations: [
      Migration(
        version: 1, name: "reminders",
        sql: """
          create table reminders (
            id text primary key, seq bigint not null, state text not null, changed_at timestamptz not null);
          create index reminders_changed_at on reminders (changed_at) where state <> 'to be sent'
          """)
    ])
  service.ignore(BookLent.self)
  service.ignore(BookReturned.self)
  service.handle(LoanOverdue.self, needs: { [.row(Reminder.self, $0.book)] }) { event, unit in
    // Messages may come in another order than they were sent in.
    guard event.seq > (try unit.find(Reminder.self, event.book)?.seq ?? 0) else { return }
    try unit.save(Reminder(id: event.book, seq: event.seq, state: "to be sent", changedAt: unit.now))
    try unit.start(PostLetter(book: event.book, reader: event.reader))
  }
  let policy = EffectPolicy(
    attemptsMax: 5, timeout: .seconds(10), backoff: Backoff(first: .seconds(1)), deadline: .seconds(7 * 86_400))
  service.effect(
    PostLetter.self, policy: policy,
    exhausted: { letter, reason in note("given up: \(reason)", letter) },
    run: { letter, context in
      try await post(letter, context.id)
      return note("sent", letter)
    })
  service.keeps(
    Retention(of: "reminders", for: .seconds(400 * 86_400), since: "changed_at", where: "state <> 'to be sent'"))
  return service
}

/// What is written in the transaction that ends the effect.
private func note(_ state: String, _ letter: PostLetter) -> EffectOutcome {
  .done(needs: [.row(Reminder.self, letter.book)]) { unit in
    guard var reminder = try unit.find(Reminder.self, letter.book) else { return }
    reminder.state = state
    reminder.changedAt = unit.now
    try unit.save(reminder)
  }
}
