import Contracts
import TestKit
import Testing

/// Two transactions of Postgres that meet over one order, held at the moment when they do.
@Suite(.serialized)
struct RaceTests {
  @Test("a withdrawal that meets a sending on its way waits for it and finds it: the order is delivered")
  func withdrawalMeetsSending() async throws {
    var options = ChainWorld.Options()
    options.workers = 2
    options.suppliers = 1
    try await ChainWorld.run(options) { world in
      let gate = try await InsertGate.closed(at: "sendings", of: world)
      let request = OrderRequest(receiver: try await world.receiver(), durationSeconds: 1, asksEarly: true)
      let desk = OrderDesk(world)
      try await desk.atWork { desk in
        try await desk.place([request])
        try await gate.untilHeld()
        desk.withdraw(request.order)
        try await eventually("the withdrawal waits for the sending") {
          try await world.number(
            """
            select count(*) as n from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock' and usename = '\(ChainWorld.schema)'
            """) > 0
        }
        try await gate.open()
        try await eventually(within: .seconds(60), "the order ends") { desk.record(request.order)?.isTerminal == true }
        try await world.expectClean(desk)
      }
      #expect(desk.record(request.order)?.isReclaimed == true)
    }
  }
}
