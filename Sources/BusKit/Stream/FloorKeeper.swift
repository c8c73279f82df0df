import Foundation
import Postgres

/// Notes beside the outbox from when on the readers of what this service publishes may still need it. A broker that
/// loses its memory gets that again, and no more.
struct FloorKeeper: Sendable {
  let core: BusCore
  private static let interval: Duration = .seconds(5)
  /// What another replica has noted within this time is good enough, if it asked for the same readers.
  private static let fresh: Duration = .seconds(4)

  func run() async {
    guard !core.publishedTopics.isEmpty else { return }
    await core.support("outbox: floor", every: Self.interval) {
      guard core.health.brokerDownFor == nil, core.health.postgresDownFor == nil else { return }
      let readers = Self.readers(of: topics)
      let isNoted = try await core.pool.withSession {
        try EpochStore.isFloorNoted(of: readers, within: Self.fresh, in: $0)
      }
      if !isNoted { try await note() }
    }
  }

  func note() async throws {
    // A broker wiped while it is asked would say that nobody needs anything.
    let before = try await core.broker.memory()
    // The broker's clock and Postgres' need not agree: a point is so long before the one as before the other. Postgres'
    // is read first, so that the time in between makes the floor lower.
    let clock = try await core.pool.withSession { try EpochStore.clock(in: $0) }
    guard let now = core.health.brokerClock else { return }
    let floor = try await core.broker.floor(of: topics, upTo: now)
    guard try await core.broker.memory() == before else { return }
    let moment = floor.map { clock.addingTimeInterval(-Double(now - $0) / 1000) }
    let readers = Self.readers(of: topics)
    _ = try await core.pool.transaction {
      try EpochStore.note(
        floor: moment, of: readers, life: BrokerLife(epoch: before.epoch, runID: before.run), in: $0)
    }
  }

  private var topics: [Topic] { core.publishedTopics.filter { !$0.isTransient } }

  /// Names topics and their groups, the same in every process that knows the same ones.
  static func readers(of topics: [Topic]) -> String {
    topics.map { "\($0.name)/\($0.partitions):" + $0.groups.map(\.name).sorted().joined(separator: ",") }
      .sorted().joined(separator: ";")
  }
}
