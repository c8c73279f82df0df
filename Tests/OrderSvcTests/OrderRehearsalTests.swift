import BusKit
import BusKitTesting
import Contracts
import Foundation
import Testing
import TronKit

@testable import OrderSvc

/// order-svc as it is, with a wallet and a chain that say yes, lived through without servers.
@Suite("order-svc in rehearsal")
struct OrderRehearsalTests {
  private let customer = CustomerID(text: "cus_test")

  private func orders() throws -> Service {
    let product = Product(
      id: "1h", durationSeconds: 3600, sunPerEnergy: 60, energyMin: Energy(1_000), energyMax: Energy(1_000_000))
    return OrderSvcMain.make(
      OrderSettings(catalogue: try ProductCatalogue(checking: [product]), sealKey: RunningOrders.key))
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
    try await rehearsal.advance(by: .seconds(3))
    #expect(try state() == [.delivered])
    try await rehearsal.advance(by: .seconds(57))
    #expect(try state() == [.active])
    try await rehearsal.advance(by: .seconds(3600 - 58))
    #expect(try state() == [.active])
    try await rehearsal.advance(by: .seconds(1))
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
    try await rehearsal.advance(by: .seconds(2 * 3600))
    let rows = try rehearsal.rows(of: OrderRow.self)
    #expect(rows.map(\.state) == Array(repeating: .completed, count: 10))
    #expect(rows.allSatisfy { $0.charged == Sun(1_950_000) && $0.hold == .captured && $0.incidents == 0 })
    #expect(try rehearsal.published(CaptureHold.self).count == 10)
    #expect(rehearsal.deadLetters.isEmpty)
  }

  @Test("gives the money back when the chain keeps silent")
  func silence() async throws {
    let rehearsal = try Rehearsal(try orders(), wallet())
    let id = OrderID.make()
    try await rehearsal.publish(place(id))
    try await rehearsal.advance(by: .seconds(181))
    #expect(try rehearsal.rows(of: OrderRow.self).map(\.state) == [.cancelling])
    try await rehearsal.publish(DelegationFailed(order: id, reason: .cancelledByCustomer, seq: 1))
    try await rehearsal.settle()
    let order = try #require(try rehearsal.rows(of: OrderRow.self).first)
    #expect(order.state == .failed && order.failure == .deadline)
    #expect(try rehearsal.published(ReleaseHold.self).count == 1)
    let cancel = CancelOrder(order: id, customer: customer)
    #expect(try await rehearsal.command(cancel, answer: CommandResult.self)?.code == "too_late")
  }
}
