import BusKit
import BusKitTesting
import Foundation
import Synchronization
import Testing

@testable import BusKitExamples

struct ResilienceTests {
  @Test func aBrokenPostOfficeIsLeftAloneAndItsLettersAreSentLater() async throws {
    let tries = Mutex(0)
    let service = makeCarefulReminders { _, _ in
      let count = tries.withLock { tries in
        tries += 1
        return tries
      }
      if count <= 3 { throw TransientFailure("the post office is shut") }
    }
    let rehearsal = try Rehearsal(service)
    for number in 1...4 {
      try await rehearsal.publish(LoanOverdue(book: "book \(number)", seq: 1, reader: "reader \(number)"))
    }
    try await rehearsal.settle()
    // The fourth letter was not tried: the circuit is open. That was nobody's attempt.
    #expect(tries.withLock { $0 } == 3)
    #expect(rehearsal.effects(PostLetter.self).map(\.attempts).sorted() == [0, 1, 1, 1])
  }

  @Test func slowWorkIsToldOf() async throws {
    let told = Mutex<[String]>([])
    let middleware = SlowWorkMiddleware(limit: .zero) { work, _ in told.withLock { $0.append(work.name) } }
    var service = makeLoans()
    service.use(middleware)
    let rehearsal = try Rehearsal(service)
    try await rehearsal.publish(AddBook(book: "Emma", shelf: "A"))
    try await rehearsal.settle()
    #expect(told.withLock { $0 } == ["loans.commands"])
  }
}
