import Contracts
import Foundation
import TestKit
import Testing
import TronKit

/// I10 against the worst moment: a worker is stopped at one step, the others carry on without it, and it wakes.
@Suite(.serialized)
struct FrozenWorkerTests {
  private static let options: ChainWorld.Options = {
    var options = ChainWorld.Options()
    options.workers = 2
    options.suppliers = 2
    return options
  }()

  @Test("bytes that leave after their transaction was settled and built anew are harmless")
  func announced() async throws {
    try await ChainWorld.run(Self.options) { world in
      let (sleeper, other) = (world.workers[0], world.workers[1])
      try await other.kill()
      let gate = try await InsertGate.closed(at: "sendings", of: world)
      let request = OrderRequest(
        receiver: try await world.receiver(), durationSeconds: 1, deadlineAfter: 600, asksEarly: true)
      let desk = OrderDesk(world)
      try await desk.atWork { desk in
        try await desk.place([request])
        try await gate.untilHeld()
        try sleeper.freeze()
        try await gate.open()
        try await eventually("the sending is committed while its worker is frozen") {
          try await world.sendings() == 1
        }
        #expect(try await world.sim.status().pool == 0, "no byte has left")

        // No node takes anything, so that the transaction can only expire.
        try await world.sim.setFault("/wallet/broadcasthex", mode: "drop_before", count: 1_000_000)
        try other.start()
        try await world.untilReady(other)
        try await eventually(within: .seconds(30), "the other worker sends the same bytes") {
          try await world.sendings() > 1
        }
        try await world.sim.setClock(aheadBy: 61_000)
        try await eventually(within: .seconds(30), "the transaction is settled as dead") {
          try await world.transactions(in: "dead") == 1
        }
        try await world.sim.setFault("/wallet/broadcasthex", mode: "drop_before", count: 0)
        try await eventually(within: .seconds(30), "the order is delivered by another transaction") {
          desk.record(request.order)?.isFinal == true
        }
        try sleeper.wake()
        try await Self.sendAgain(world)
        try await eventually(within: .seconds(60), "the order ends") {
          desk.record(request.order)?.isReclaimed == true
        }
        // The old worker is whole: it delivers the next order alone.
        try await other.kill()
        try await Self.deliverOne(desk, world)
        try await world.expectClean(desk)
      }
      #expect(try await world.movements().count == 4, "two orders, each delegated and taken back once")
    }
  }

  /// The bytes of every dead transaction, as if its worker had been stopped even longer: no node may take them.
  private static func sendAgain(_ world: ChainWorld) async throws {
    struct Answer: Decodable { let code: String? }
    let rows = try await world.execute(
      "select encode(bytes, 'hex') as hex from \(ChainWorld.schema).transactions where state = 'dead'")
    #expect(rows.count == 1)
    for row in rows {
      let answer = try await world.sim.post(
        "/wallet/broadcasthex", ["transaction": try row.string("hex")], as: Answer.self)
      #expect(["TRANSACTION_EXPIRATION_ERROR", "DUP_TRANSACTION_ERROR"].contains(answer.code), "\(answer)")
    }
  }

  enum Stop: String, CaseIterable, Sendable {
    /// The signed transaction is committed; its worker does not know it yet.
    case stored
    /// The worker is about to commit the sending; the server never gets to it.
    case announcing
  }

  @Test("nothing is sent for a transaction that was withdrawn while its worker was frozen", arguments: Stop.allCases)
  func withdrawn(_ stop: Stop) async throws {
    try await ChainWorld.run(Self.options) { world in
      let (sleeper, other) = (world.workers[0], world.workers[1])
      try await other.kill()
      let gate = try await InsertGate.closed(at: stop == .stored ? "transactions" : "sendings", of: world)
      let request = OrderRequest(receiver: try await world.receiver(), deadlineAfter: 600, withdrawAfter: 3)
      let desk = OrderDesk(world)
      try await desk.atWork { desk in
        // Its worker is frozen, and no other runs, long before the order is withdrawn.
        try await desk.place([request])
        try await gate.untilHeld()
        try sleeper.freeze()
        if stop == .announcing { try await gate.cutOff() }
        try await gate.open()
        try await eventually("the transaction is stored") { try await world.transactions(in: "signed") == 1 }
        // It dies before anybody can take up its sending.
        try await world.execute(
          "update \(ChainWorld.schema).effects set next_at = now() + interval '20 seconds' where kind = 'tx.send'")
        try other.start()
        try await world.untilReady(other)
        try await eventually(within: .seconds(30), "the order fails") { desk.record(request.order)?.failure != nil }
        #expect(try await world.transactions(in: "dead") == 1)
        try sleeper.wake()
        try await other.kill()
        try await Self.deliverOne(desk, world)
        try await world.execute("update \(ChainWorld.schema).effects set next_at = now() where kind = 'tx.send'")
        try await world.expectClean(desk)
      }
      let sent = try await world.number(
        """
        select count(*) as n from \(ChainWorld.schema).sendings s
        join \(ChainWorld.schema).transactions t on t.id = s.tx_id where t.state = 'dead'
        """)
      #expect(sent == 0, "no byte was announced for the dead transaction")
    }
  }

  // MARK: -

  private static func deliverOne(_ desk: OrderDesk, _ world: ChainWorld) async throws {
    let request = OrderRequest(
      receiver: try await world.receiver(), durationSeconds: 1, deadlineAfter: 600, asksEarly: true)
    try await desk.place([request])
    try await eventually(within: .seconds(60), "another order is delivered and taken back") {
      desk.record(request.order)?.isReclaimed == true
    }
  }
}

extension ChainWorld {
  fileprivate func sendings() async throws -> Int64 {
    try await number("select count(*) as n from \(Self.schema).sendings")
  }

  fileprivate func transactions(in state: String) async throws -> Int64 {
    try await number("select count(*) as n from \(Self.schema).transactions where state = $1", [.text(state)])
  }
}
