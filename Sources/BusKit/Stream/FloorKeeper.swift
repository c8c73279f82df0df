import Foundation
import Postgres

/// Notes beside the outbox from when on the readers of what this service publishes may still need it. A broker that
/// loses its memory gets that again, and no more.
struct FloorKeeper: Sendable {
  let core: BusCore
  private static let interval: Duration = .seconds(5)

  func run() async {
    guard !core.publishedTopics.isEmpty else { return }
    await core.support("outbox: floor", every: Self.interval) {
      guard core.health.brokerDownFor == nil, core.health.postgresDownFor == nil else { return }
      try await note()
    }
  }

  func note() async throws {
    // A broker wiped while it is asked would say that nobody needs anything.
    let before = try await core.broker.memory()
    let start = core.health.brokerMilliseconds
    guard let floor = try await floor(upTo: start), try await core.broker.memory() == before else { return }
    let moment = Date(milliseconds: floor)
    _ = try await core.pool.transaction { try EpochStore.note(floor: moment, epoch: before.epoch, in: $0) }
  }

  /// nil: a declared group does not exist yet and may need everything.
  private func floor(upTo now: Int64) async throws -> Int64? {
    var floor = now
    for topic in core.publishedTopics where !topic.isTransient {
      for partition in try await core.broker.state(of: topic) {
        for declared in topic.groups {
          guard let group = partition.groups.first(where: { $0.name == declared.name }) else { return nil }
          floor = min(floor, group.neededSince ?? now)
        }
      }
    }
    return floor
  }
}
