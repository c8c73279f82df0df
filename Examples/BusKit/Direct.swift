import BusKit
import Foundation
import Synchronization

/// Counts loans without a database. Messages may come twice, so it keeps a set and no number: what it does must be
/// idempotent.
final class LoanStatistics: Sendable {
  private struct State {
    var loans: [String: Set<Int64>] = [:]
    var deliveries = 0
  }
  private let state = Mutex(State())

  func note(_ event: BookLent) {
    state.withLock { state in
      state.loans[event.book, default: []].insert(event.seq)
      state.deliveries += 1
    }
  }

  func loans(of book: String) -> Int { state.withLock { $0.loans[book]?.count ?? 0 } }
  var deliveries: Int { state.withLock { $0.deliveries } }
}

/// A consumer without a database. Its group is one that the topic declares.
func makeStatistics(_ statistics: LoanStatistics, options: ConsumerOptions = ConsumerOptions()) -> Consumer {
  var consumer = Consumer(group: "statistics", options: options)
  consumer.handle(BookLent.self) { event, _ in statistics.note(event) }
  consumer.ignore(BookReturned.self)
  consumer.ignore(LoanOverdue.self)
  return consumer
}

/// The library's door has been opened.
struct DoorOpened: Message, Equatable {
  static let messageType = "door.DoorOpened"
  static let topic = Topic("door.events", groups: [.observer("door-count")], lengthMax: 100_000)
  let number: Int
  var messageKey: String { "\(number)" }
}

/// Many messages at once, handled in batches; of a batch only what is named has failed.
func makeDoorCount(
  options: ConsumerOptions = ConsumerOptions(), store: @escaping @Sendable (DoorOpened, UUID) throws -> Void
) -> Consumer {
  var consumer = Consumer(group: "door-count", options: options)
  consumer.handleBatches(DoorOpened.self) { batch in
    var failures: [Int: any Error] = [:]
    for (place, received) in batch.enumerated() {
      do { try store(received.message, received.envelope.id) } catch { failures[place] = error }
    }
    if !failures.isEmpty { throw PartialFailure(failures) }
  }
  return consumer
}

/// Publishes without an outbox. Returns what was not stored, and what perhaps was not: publishing that again may store
/// it twice.
func publish(_ openings: [DoorOpened], over client: BusClient) async throws -> [DoorOpened] {
  do {
    try await client.publish(openings)
    return []
  } catch let failure as PublishFailure {
    return (failure.refusals.map(\.index) + failure.unknown).sorted().map { openings[$0] }
  }
}
