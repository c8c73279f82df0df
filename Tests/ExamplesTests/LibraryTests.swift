import BusKit
import BusKitTesting
import Foundation
import Synchronization
import Testing

@testable import BusKitExamples

/// The examples, lived through without Redis and Postgres and with a clock that is moved by hand.
struct LibraryTests {
  private static let month = Duration.seconds(29 * 86_400)

  private static func library(
    seed: UInt64? = nil, post: @escaping PostOffice = { _, _ in }
  ) throws -> Rehearsal {
    try Rehearsal(makeLoans(), makeReminders(post: post), try makeFines(), seed: seed)
  }

  @Test func aBookIsLentOnceAndTold() async throws {
    let rehearsal = try Rehearsal(makeLoans(), try makeFines())
    try await rehearsal.publish(AddBook(book: "Emma", shelf: "A"))
    let lend = LendBook(book: "Emma", reader: "ann")
    #expect(try await rehearsal.command(lend, answer: LoanAnswer.self)?.code == "lent")
    let other = LendBook(book: "Emma", reader: "bob")
    #expect(try await rehearsal.command(other, answer: LoanAnswer.self)?.code == "lent_already")
    #expect(try rehearsal.rows(of: Book.self).map(\.reader) == ["ann"])
    #expect(try rehearsal.published(BookLent.self).map(\.seq) == [1])
    #expect(try rehearsal.delayed(CheckReturn.self).map(\.message) == [CheckReturn(book: "Emma", loan: 1)])
  }

  @Test func theFirstFormOfTheCommandIsStillRead() async throws {
    let rehearsal = try Rehearsal(makeLoans())
    try await rehearsal.publish(AddBook(book: "Emma", shelf: "A"))
    try await rehearsal.publish(LendBookV1(book: "Emma", reader: "ann", weeks: 2))
    try await rehearsal.settle()
    let due = try #require(try rehearsal.rows(of: Book.self).first?.due)
    #expect(due == rehearsal.now.addingTimeInterval(14 * 86_400))
  }

  @Test func aQuestionHasItsAnswerOrItsFailure() async throws {
    let rehearsal = try Rehearsal(makeLoans())
    try await rehearsal.publish(AddBook(book: "Emma", shelf: "A"))
    try await rehearsal.publish(LendBook(book: "Emma", reader: "ann"))
    try await rehearsal.settle()
    #expect(try await rehearsal.ask(WhoHas(book: "Emma")).reader == "ann")
    await #expect(throws: LookupFailure.unknownBook) { try await rehearsal.ask(WhoHas(book: "Ulysses")) }
  }

  @Test func whoKeepsABookGetsOneLetter() async throws {
    let keys = Mutex<[UUID]>([])
    let rehearsal = try Self.library { _, key in keys.withLock { $0.append(key) } }
    try await rehearsal.publish(AddBook(book: "Emma", shelf: "A"))
    try await rehearsal.publish(LendBook(book: "Emma", reader: "ann"))
    try await rehearsal.settle()
    #expect(keys.withLock { $0 }.isEmpty)
    try await rehearsal.advance(by: Self.month)
    #expect(keys.withLock { $0 }.count == 1)
    #expect(try rehearsal.rows(of: Reminder.self).map(\.state) == ["sent"])
  }

  @Test func aBookThatCameBackInTimeIsNotAskedFor() async throws {
    let rehearsal = try Self.library { letter, _ in Issue.record("a letter to \(letter.reader)") }
    try await rehearsal.publish(AddBook(book: "Emma", shelf: "A"))
    try await rehearsal.publish(LendBook(book: "Emma", reader: "ann"))
    try await rehearsal.settle()
    try await rehearsal.publish(ReturnBook(book: "Emma"))
    try await rehearsal.advance(by: Self.month)
    #expect(try rehearsal.published(LoanOverdue.self).isEmpty)
    #expect(try rehearsal.rows(of: Fine.self).isEmpty)
  }

  @Test func aPostOfficeThatStaysShutIsGivenUpAndThatIsWrittenDown() async throws {
    let tries = Mutex(0)
    let rehearsal = try Self.library { _, _ in
      tries.withLock { $0 += 1 }
      throw TransientFailure("the post office is shut")
    }
    try await rehearsal.publish(AddBook(book: "Emma", shelf: "A"))
    try await rehearsal.publish(LendBook(book: "Emma", reader: "ann"))
    try await rehearsal.advance(by: Self.month)
    #expect(tries.withLock { $0 } == 5)
    #expect(try rehearsal.rows(of: Reminder.self).map(\.state) == ["given up: the post office is shut"])
  }

  @Test func eachNightCostsTenCents() async throws {
    let rehearsal = try Self.library()
    try await rehearsal.publish(AddBook(book: "Emma", shelf: "A"))
    try await rehearsal.publish(LendBook(book: "Emma", reader: "ann", days: 1))
    try await rehearsal.advance(by: .seconds(4 * 86_400))
    #expect(try rehearsal.rows(of: Fine.self).map(\.id) == ["Emma 2026-01-02", "Emma 2026-01-03", "Emma 2026-01-04"])
  }

  @Test func aBookForNoShelfIsADeadLetter() async throws {
    let rehearsal = try Rehearsal(makeLoans(shelves: []))
    try await rehearsal.publish(AddBook(book: "Emma", shelf: "A"))
    try await rehearsal.settle()
    #expect(rehearsal.deadLetters.map(\.reason) == ["permanent"])
  }

  /// Whatever is delivered twice, in another order, or after a crash: one loan, one letter.
  @Test(arguments: 0..<10) func theLibraryIsIdempotent(_ seed: UInt64) async throws {
    let letters = Mutex<Set<UUID>>([])
    let rehearsal = try Self.library(seed: seed) { _, key in letters.withLock { _ = $0.insert(key) } }
    rehearsal.faults.deliversTwice = true
    rehearsal.faults.runsEffectsTwice = true
    rehearsal.faults.commitsToFail = 2
    rehearsal.faults.crashesBeforeAcknowledging = 2
    try await rehearsal.publish(AddBook(book: "Emma", shelf: "A"))
    try await rehearsal.settle()
    try await rehearsal.publish(LendBook(book: "Emma", reader: "ann"))
    try await rehearsal.advance(by: Self.month)
    #expect(try rehearsal.published(BookLent.self).count == 1)
    #expect(letters.withLock { $0 }.count == 1)
    #expect(try rehearsal.rows(of: Reminder.self).map(\.state) == ["sent"])
    #expect(rehearsal.deadLetters.isEmpty)
  }
}
