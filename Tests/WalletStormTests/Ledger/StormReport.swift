import Foundation
import Postgres

/// What all lanes have seen together.
struct StormReport: Sendable {
  private(set) var book = LedgerBook()
  private(set) var answers: [UUID: [String]] = [:]
  private(set) var sequences: [UUID: Int] = [:]
  private(set) var history: [Int: [String]] = [:]
  private(set) var deliveryFindings: [LedgerFinding] = []
  private(set) var tally = ProxyTally()
  private(set) var (batches, deliveries, duplicates, buried, twiceAtOnce) = (0, 0, 0, 0, 0)
  private(set) var (rolledBack, committed) = (0, 0)
  var restarts = 0

  /// How often each word was part of an answer.
  var words: [String: Int] {
    answers.values.joined().reduce(into: [:]) { counts, line in
      for word in line.split(separator: " ") { counts[String(word), default: 0] += 1 }
    }
  }

  mutating func add(_ lane: LaneReport) {
    book.add(lane.book)
    answers.merge(lane.answers) { own, _ in own }
    sequences.merge(lane.sequences) { own, _ in own }
    history.merge(lane.history, uniquingKeysWith: +)
    deliveryFindings += lane.findings
    tally.add(lane.tally)
    batches += lane.batches
    deliveries += lane.deliveries
    duplicates += lane.duplicates
    buried += lane.buried
    twiceAtOnce += lane.twiceAtOnce
    rolledBack += lane.crashes.rolledBack
    committed += lane.crashes.committed
  }
}

extension LedgerEvidence {
  func findings(_ report: StormReport) -> [LedgerFinding] {
    report.deliveryFindings
      + LedgerChecker.findings(self, report.book, answers: report.answers, sequences: report.sequences)
  }
}

extension LedgerWorld {
  /// The evidence after a mistake, which is then taken back.
  func evidence(with mistake: String? = nil) async throws -> LedgerEvidence {
    try await pool.rolledBack { session in
      if let mistake {
        try session.script("alter table journal disable trigger user")
        try session.script(mistake)
      }
      return try LedgerEvidence.read(session)
    }
  }

  /// 0 while the server is away.
  func handledCount() async throws -> Int {
    do {
      return try await pool.withSession { session in
        Int(try session.execute("select count(*) as n from inbox").rows.first?.int("n") ?? 0)
      }
    } catch let error as PostgresError where error.isConnectionLoss {
      return 0
    }
  }
}

extension PostgresPool {
  private struct Rollback: Error {}

  /// Runs `body` in a transaction of which nothing stays.
  func rolledBack<T: Sendable>(_ body: @escaping @Sendable (PostgresSession) throws -> T) async throws -> T {
    try await withSession { session in
      var value: T?
      do {
        try session.transaction {
          value = try body(session)
          throw Rollback()
        }
      } catch is Rollback {}
      guard let value else { throw Rollback() }
      return value
    }
  }
}

extension Sequence where Self: Sendable, Element: Sendable {
  /// One after another.
  func asyncMap<T>(_ transform: (Element) async throws -> T) async rethrows -> [T] {
    var all: [T] = []
    for element in self { all.append(try await transform(element)) }
    return all
  }
}
