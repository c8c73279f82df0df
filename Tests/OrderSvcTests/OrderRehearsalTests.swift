import BusKit
import BusKitTesting
import Contracts
import Foundation
import Postgres
import Testing
import TronKit

@testable import OrderSvc

/// order-svc as it is, with a wallet and a chain that say yes, lived through without servers.
@Suite("order-svc in rehearsal")
struct OrderRehearsalTests {
  private let customer = CustomerID(text: "cus_test")

  private func settings() throws -> OrderSettings {
    let product = Product(
      id: "1h", durationSeconds: 3600, sunPerEnergy: 60, energyMin: Energy(1_000), energyMax: Energy(1_000_000))
    return OrderSettings(catalogue: try ProductCatalogue(checking: [product]), sealKey: RunningOrders.key)
  }

  private func orders() throws -> Service { OrderSvcMain.make(try settings()) }

  /// Lets time pass, with what comes due of orders done at its time: a rehearsal has no table to look at with SQL.
  private func pass(_ time: Duration, _ rehearsal: Rehearsal) async throws {
    let due = DueOrders(process: OrderProcess(settings: try settings()))
    let end = rehearsal.now.addingTimeInterval(time.timeInterval)
    while rehearsal.now < end {
      let next = try rehearsal.rows(of: OrderRow.self).compactMap(\.dueAt).min() ?? end
      let wait = min(next, end).timeIntervalSince(rehearsal.now)
      try await rehearsal.advance(by: .milliseconds(max(1, Int64((wait * 1000).rounded(.up)))))
      let now = rehearsal.now
      let ids = try rehearsal.rows(of: OrderRow.self).filter { $0.dueAt.map { $0 <= now } ?? false }.map(\.id.text)
      do {
        try await due.apply(ids, try rehearsal.bus(of: ServiceName.order))
      } catch let error as PostgresError where error.code == .connection {
        // The commit did not happen; the next look finds the same orders.
      }
      try await rehearsal.settle()
    }
  }

  private func wallet() -> Service {
    var service = Service(name: ServiceName.wallet, schema: "wallet_svc", migrations: [])
    service.publishes([.walletEvents])
    service.handle(HoldFunds.self) { hold, unit in
      try unit.publish(FundsHeld(order: hold.order, customer: hold.customer, amount: hold.amount, seq: 1))
    }
    service.ignore(CaptureHold.self)
    service.ignore(BookOrderCost.self)
    service.ignore(ReleaseHold.self)
    return service
  }

  /// Half of what is asked for is on chain after 3 s and solid after 60.
  private func chain() -> Service {
    var service = Service(name: ServiceName.tx, schema: "tx_svc", migrations: [])
    service.publishes([.txEvents])
    service.handle(DelegateEnergy.self) { ask, unit in
      let half = Energy(ask.energy.value / 2)
      let start = unit.now.addingTimeInterval(3)
      try unit.publish(DelegationSubmitted(order: ask.order, legs: [], seq: 1))
      try unit.publish(
        DelegationConfirmed(order: ask.order, legs: [], delivered: half, startedAt: start, seq: 2), at: start)
      try unit.publish(
        DelegationFinal(order: ask.order, delivered: half, seq: 3), at: start.addingTimeInterval(57))
    }
    service.handle(ReclaimEnergy.self) { ask, unit in
      try unit.publish(DelegationReclaimed(order: ask.order, txIDs: [], cost: Sun(345_000), seq: 4))
    }
    service.ignore(WithdrawDelegation.self)
    return service
  }

  private func place(_ order: OrderID) -> PlaceOrder {
    PlaceOrder(
      order: order, customer: customer, origin: .rest, receiver: USDT.mainnet, energy: Energy(65_000),
      durationSeconds: 3600, priceMax: nil)
  }

  @Test("takes an order from its placing to its end")
  func wholeLife() async throws {
    let rehearsal = try Rehearsal(try orders(), wallet(), chain())
    func state() throws -> [OrderState] { try rehearsal.rows(of: OrderRow.self).map(\.state) }
    let id = OrderID.make()
    try await rehearsal.publish(place(id))
    try await rehearsal.settle()
    #expect(try state() == [.delegating])
    try await pass(.seconds(3), rehearsal)
    #expect(try state() == [.delivered])
    try await pass(.seconds(57), rehearsal)
    #expect(try state() == [.active])
    try await pass(.seconds(3600 - 58), rehearsal)
    #expect(try state() == [.active])
    try await pass(.seconds(1), rehearsal)
    #expect(try state() == [.completed])
    #expect(try rehearsal.published(CaptureHold.self).map(\.amount) == [Sun(1_950_000)])
    #expect(try rehearsal.published(BookOrderCost.self).map(\.cost) == [Sun(345_000)])
    #expect(rehearsal.deadLetters.isEmpty)
  }

  @Test("ends alike, whatever order things happen in and however often", arguments: 0..<25)
  func anyOrder(_ seed: UInt64) async throws {
    let rehearsal = try Rehearsal(try orders(), wallet(), chain(), seed: seed)
    rehearsal.faults.deliversTwice = seed % 2 == 0
    rehearsal.faults.deliversInReverse = seed % 3 == 0
    rehearsal.faults.commitsToFail = Int(seed % 5)
    rehearsal.faults.crashesBeforeAcknowledging = Int(seed % 4)
    for _ in 0..<10 { try await rehearsal.publish(place(.make())) }
    try await pass(.seconds(2 * 3600), rehearsal)
    let rows = try rehearsal.rows(of: OrderRow.self)
    #expect(rows.map(\.state) == Array(repeating: .completed, count: 10))
    #expect(rows.allSatisfy { $0.charged == Sun(1_950_000) && $0.hold == .captured && $0.dueAt == nil })
    #expect(try rehearsal.published(CaptureHold.self).count == 10)
    // Nothing was asked for again: no deadline has passed.
    #expect(try rehearsal.published(WithdrawDelegation.self).isEmpty)
    #expect(try rehearsal.published(ReclaimEnergy.self).count == 10)
    #expect(rehearsal.deadLetters.isEmpty)
  }

  @Test("gives the money back when the chain keeps silent")
  func silence() async throws {
    let rehearsal = try Rehearsal(try orders(), wallet())
    let id = OrderID.make()
    try await rehearsal.publish(place(id))
    try await pass(.seconds(181), rehearsal)
    #expect(try rehearsal.rows(of: OrderRow.self).map(\.state) == [.cancelling])
    try await rehearsal.publish(DelegationFailed(order: id, reason: .cancelledByCustomer, seq: 1))
    try await rehearsal.settle()
    let order = try #require(try rehearsal.rows(of: OrderRow.self).first)
    #expect(order.state == .failed && order.failure == .deadline)
    #expect(try rehearsal.published(ReleaseHold.self).count == 1)
    let cancel = CancelOrder(order: id, customer: customer)
    #expect(try await rehearsal.command(cancel, answer: CommandResult.self)?.code == "too_late")
  }

  @Test("an order has the number of its last event, and news that is none has no number")
  func numbers() async throws {
    let rehearsal = try Rehearsal(try orders(), wallet())
    let id = OrderID.make()
    try await rehearsal.publish(place(id))
    try await rehearsal.settle()
    for seq in 1...2 { try await rehearsal.publish(DelegationSubmitted(order: id, legs: [], seq: Int64(seq))) }
    try await rehearsal.settle()
    let events = try rehearsal.published(OrderChanged.self)
    #expect(events.map(\.seq) == [1, 2, 3])
    #expect(events.map(\.order.seq) == [1, 2, 3])
    #expect(try rehearsal.rows(of: OrderRow.self).map(\.view.seq) == [3])
  }

  @Test("an order is overdue in the state in which tx-svc owes an answer, and no longer")
  func overdue() async throws {
    let rehearsal = try Rehearsal(try orders(), wallet())
    let id = OrderID.make()
    try await rehearsal.publish(place(id))
    try await rehearsal.settle()
    try await rehearsal.publish(
      DelegationConfirmed(order: id, legs: [], delivered: Energy(65_000), startedAt: rehearsal.now, seq: 1))
    try await pass(.seconds(601), rehearsal)
    #expect(try rehearsal.rows(of: OrderRow.self).map(\.incidents) == [2])
    try await rehearsal.publish(DelegationFinal(order: id, delivered: Energy(65_000), seq: 2))
    try await rehearsal.settle()
    let order = try #require(try rehearsal.rows(of: OrderRow.self).first)
    #expect(order.state == .active && order.incidents == 0 && order.dueAt == order.endsAt)
  }

  @Test("a rental is never ended before its time, and an order that has ended is left alone, whatever time they name")
  func neverEarly() async throws {
    let rehearsal = try Rehearsal(try orders())
    let end = rehearsal.now.addingTimeInterval(60)
    var active = OrderRow(place(.make()), price: Sun(1), now: rehearsal.now, replyTo: "")
    active.state = .active
    active.dueAt = rehearsal.now
    active.endsAt = end
    var ended = OrderRow(place(.make()), price: Sun(1), now: rehearsal.now, replyTo: "")
    ended.state = .cancelled
    ended.dueAt = rehearsal.now
    try rehearsal.insert(active)
    try rehearsal.insert(ended)
    try await pass(.seconds(1), rehearsal)
    let rows = Dictionary(uniqueKeysWithValues: try rehearsal.rows(of: OrderRow.self).map { ($0.id, $0) })
    #expect(rows[active.id]?.state == .active && rows[active.id]?.dueAt == end)
    #expect(rows[ended.id]?.state == .cancelled && rows[ended.id]?.dueAt == nil)
    #expect(rehearsal.published.isEmpty)
    try await pass(.seconds(60), rehearsal)
    #expect(try rehearsal.rows(of: OrderRow.self).contains { $0.id == active.id && $0.state == .ending })
    #expect(try rehearsal.published(ReclaimEnergy.self).map(\.endsAt) == [end])
  }

  @Test("an order that the release before has moved has the whole time of its state")
  func oldMoves() async throws {
    let rehearsal = try Rehearsal(try orders())
    var moved = OrderRow(place(.make()), price: Sun(1), now: rehearsal.now, replyTo: "")
    moved.state = .funded
    moved.seq = 2
    moved.deadlineSeq = 2
    // Of `placed`, as a replica of this release has set it.
    moved.dueAt = rehearsal.now
    try rehearsal.insert(moved)
    try await pass(.seconds(1), rehearsal)
    #expect(try rehearsal.rows(of: OrderRow.self).map(\.state) == [.funded])
    #expect(try rehearsal.rows(of: OrderRow.self).map(\.dueAt) == [moved.updatedAt.addingTimeInterval(180)])
    // Its timer still counts, and without it the order is looked at.
    #expect(try rehearsal.rows(of: OrderRow.self).map(\.deadlineSeq) == [2])
    try await pass(.seconds(180), rehearsal)
    #expect(try rehearsal.rows(of: OrderRow.self).map(\.state) == [.cancelling])
    #expect(try rehearsal.rows(of: OrderRow.self).map(\.deadlineSeq) == [nil])
  }

  @Test("timers that the release before has sent to itself still count")
  func oldTimers() async throws {
    let rehearsal = try Rehearsal(try orders())
    var waiting = OrderRow(place(.make()), price: Sun(1), now: rehearsal.now, replyTo: "")
    waiting.deadlineSeq = 4
    var active = OrderRow(place(.make()), price: Sun(1), now: rehearsal.now, replyTo: "")
    active.state = .active
    active.endsAt = rehearsal.now
    try rehearsal.insert(waiting)
    try rehearsal.insert(active)
    try await rehearsal.publish(OrderDeadline(order: waiting.id, seq: 3))
    try await rehearsal.settle()
    #expect(try rehearsal.rows(of: OrderRow.self).contains { $0.id == waiting.id && $0.state == .placed })
    try await rehearsal.publish(OrderDeadline(order: waiting.id, seq: 4))
    try await rehearsal.publish(RentalEnded(order: active.id, endsAt: rehearsal.now))
    try await rehearsal.settle()
    let states = Dictionary(uniqueKeysWithValues: try rehearsal.rows(of: OrderRow.self).map { ($0.id, $0.state) })
    #expect(states == [waiting.id: .failed, active.id: .ending])
  }
}
