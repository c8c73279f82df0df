import Postgres
import TestKit
import Testing

@testable import BusKit

/// What a service does before its work.
struct BeforeWorkTests {
  @Test func nothingIsHandledBeforeItIsDone() async throws {
    try await World.run { world in
      let diary = Diary<String>()
      var service = World.counter { _ in diary.write("handled") }
      service.beforeWork { bus in
        // Postgres is away twice.
        if diary.write("before") < 3 { throw PostgresError(.connection, "it is not there yet") }
        try await bus.transaction { try $0.publish(Added(aggregate: "b", seq: 1, total: 1)) }
        try await Task.sleep(for: .milliseconds(300))
        diary.write("done")
      }
      service.background("behind") { _ in
        diary.write("background")
        try await Task.sleep(for: .seconds(3600))
      }
      try await world.send(Add(account: "a"))
      let counter = try await world.start(service)
      try await eventually { try await counter.account("a")?.handled == 1 }
      try await eventually { diary.lines.contains("background") }
      #expect(Array(diary.lines.prefix(4)) == ["before", "before", "before", "done"])
      #expect(diary.lines.dropFirst(4).sorted() == ["background", "handled"])
      // What it has published leaves once the work has begun.
      try await eventually { try await world.entries(Added.topic.streamKey(0)).count == 2 }
    }
  }

  @Test func aServiceThatIsToldToStopDoesNotWaitForIt() async throws {
    try await World.run { world in
      let diary = Diary<String>()
      var service = World.counter()
      service.beforeWork { _ in
        diary.write("before")
        throw TransientFailure("never")
      }
      let configuration = ServiceConfiguration(
        redis: world.server.configuration,
        postgres: PostgresConfiguration(
          conninfo: world.conninfo, applicationName: service.name, searchPath: service.schema),
        poolSize: 2, httpPort: 0, timing: World.timing, logger: JSONLog.logger(service: service.name, level: .critical))
      let replica = Replica(ServiceRuntime(service, configuration))
      try await eventually(within: .seconds(20)) { diary.lines.count > 1 }
      #expect(!replica.core.health.isReady)
      try await replica.stop()
    }
  }
}
