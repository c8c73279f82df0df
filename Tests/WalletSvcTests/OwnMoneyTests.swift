import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import WalletSvc

@Suite("Coins of ours that move on chain")
struct OwnMoneyTests {
  private static let treasury = USDT.mainnet
  private static let supplier = DepositWorld.payer
  private static let ann = CustomerID(text: "cus_ann")

  private static func transfer(
    _ from: TronAddress, _ to: TronAddress, _ amount: Int64, token: TronAddress? = nil, isToOurs: Bool = true,
    isFromSupplier: Bool = false
  ) -> OwnTransactionFound.Transfer {
    .init(
      kind: token == nil ? .coin : .token, from: from, to: to, token: token, amount: amount, place: 0,
      isFromWatched: !isFromSupplier, isToWatched: isToOurs, isFromSupplier: isFromSupplier, isToSupplier: false)
  }

  private static func own(
    _ number: UInt8, payer: TronAddress?, isPayerWatched: Bool = true, fee: Int64 = 0, part: Int = 1, parts: Int = 1,
    succeeded: Bool = true, _ transfers: OwnTransactionFound.Transfer...
  ) throws -> OwnTransactionFound {
    OwnTransactionFound(
      txID: try DepositWorld.transaction(number), payer: payer, isPayerWatched: isPayerWatched, fee: Sun(fee),
      transfers: transfers, succeeded: succeeded, blockNumber: 300,
      blockTime: Date(timeIntervalSince1970: 1_790_000_000), part: part, parts: parts)
  }

  private static func run(
    limits: AdjustmentLimits = AdjustmentLimits(),
    _ body: @escaping @Sendable (DepositWorld, TronAddress) async throws -> Void
  ) async throws {
    var settings = try DepositWorld.settings()
    settings.treasury = [treasury]
    try await DepositWorld.run(settings, limits: limits) { world in
      try await world.untilFree(60)
      try await body(world, try await world.address(of: ann))
    }
  }

  @Test("activating and sweeping a deposit address credits nobody, and each move is posted once, with its fee")
  func sweep() async throws {
    try await Self.run { world, mine in
      try await world.client.send(try DepositWorld.found(mine, 9_000_000, 1, token: USDT.mainnet, logIndex: 0))
      try await world.untilDeposit(1, suffix: "/0", is: .credited)
      let events = [
        try Self.own(2, payer: Self.treasury, fee: 1_100_000, Self.transfer(Self.treasury, mine, 20_000_000)),
        try Self.own(3, payer: mine, fee: 300_000, Self.transfer(mine, Self.treasury, 9_000_000, token: USDT.mainnet)),
        try Self.own(4, payer: mine, fee: 200_000, succeeded: false),
        try Self.own(
          5, payer: Self.supplier, isPayerWatched: false, fee: 7,
          Self.transfer(Self.supplier, mine, 50, isFromSupplier: true)),
        try Self.own(6, payer: nil, part: 2, parts: 2, Self.transfer(mine, Self.treasury, 1_000_000)),
      ]
      for _ in 0..<3 { for event in events { try await world.client.send(event) } }
      // Handled after all of the above.
      try await world.client.send(try DepositWorld.found(mine, 1_000_000, 9, seq: 2))
      try await world.untilDeposit(9, is: .credited)
      let expected: [String: Int64] = [
        "custody:treasury TRX": 20_000_000 + 1_100_000 - 1_000_000, "custody:treasury USDT": -9_000_000,
        "custody:deposits TRX": -20_000_000 + 300_000 + 200_000 - 50 + 1_000_000 - 1_000_000,
        "custody:pool TRX": 57, "costs TRX": -1_600_007, "customer:cus_ann USDT": 9_000_000,
        "customer:cus_ann TRX": 1_000_000,
      ]
      try await eventually(within: .seconds(20), "the sums") { try await world.sums() == expected }
      #expect(try await world.sums() == expected)
      let funds = CustomerBalance(available: Sun(1_000_000), held: .zero, usdt: 9_000_000)
      #expect(try await world.balance(Self.ann) == funds)
      #expect(try await world.count("outbox where type = 'wallet.DepositCredited'") == 2)
      #expect(try await world.count("deposits") == 2)
      #expect(try await world.count("outbox where type = 'wallet.UnexpectedWithdrawal'") == 0)
      #expect(try await world.deadLetters().isEmpty)
    }
  }

  @Test("a deposit address that pays a stranger raises an alarm, once; the treasury may")
  func theft() async throws {
    try await Self.run { world, mine in
      let stolen = try Self.own(1, payer: mine, Self.transfer(mine, Self.supplier, 5_000_000, isToOurs: false))
      let paid = try Self.own(
        2, payer: Self.treasury, Self.transfer(Self.treasury, Self.supplier, 3_000_000, isToOurs: false))
      for _ in 0..<3 { for event in [stolen, paid] { try await world.client.send(event) } }
      try await eventually(within: .seconds(20), "both withdrawals") {
        try await world.sums() == [
          "custody:deposits TRX": 5_000_000, "custody:treasury TRX": 3_000_000, "adjustments TRX": -8_000_000,
        ]
      }
      #expect(try await world.count("outbox where type = 'wallet.UnexpectedWithdrawal'") == 1)
    }
  }

  @Test("giving a refused deposit back settles it without an alarm; more than that is one")
  func refund() async throws {
    try await Self.run { world, mine in
      try await world.client.send(
        DepositHeld(
          address: mine, from: Self.supplier, token: nil, amount: 4_000_000, reason: .sentByContract,
          txID: try DepositWorld.transaction(1), blockNumber: 200, blockTime: Date(), seq: 7))
      let suffix = "/\(mine.base58)/7"
      try await world.untilDeposit(1, suffix: suffix, is: .held)
      let command = RefuseHeldDeposit(
        deposit: try DepositWorld.transaction(1).hex + suffix,
        action: OperatorAction(actor: "ann", reason: "not ours", key: "r"))
      #expect(try await world.client.command(command, answer: CommandResult.self)?.code == "done")
      let back = try Self.own(2, payer: mine, Self.transfer(mine, Self.supplier, 4_000_000, isToOurs: false))
      for _ in 0..<2 { try await world.client.send(back) }
      try await world.untilDeposit(1, suffix: suffix, is: .returned)
      #expect(try await world.sums().isEmpty)
      #expect(try await world.count("outbox where type = 'wallet.UnexpectedWithdrawal'") == 0)
      try await world.client.send(
        try Self.own(3, payer: mine, Self.transfer(mine, Self.supplier, 4_000_000, isToOurs: false)))
      try await eventually(within: .seconds(20), "an alarm") {
        try await world.count("outbox where type = 'wallet.UnexpectedWithdrawal'") == 1
      }
      #expect(try await world.client.command(command, answer: CommandResult.self)?.code == "done")
    }
  }

  /// A held deposit that was refused.
  private static func refuse(
    _ world: DepositWorld, _ mine: TronAddress, _ number: UInt8, _ amount: Int64, returnTo: TronAddress? = nil
  ) async throws -> CommandResult? {
    try await hold(world, mine, number, amount)
    let command = RefuseHeldDeposit(
      deposit: try DepositWorld.transaction(number).hex + "/internal/0", returnTo: returnTo,
      action: OperatorAction(actor: "ann", reason: "not ours", key: "refuse-\(number)"))
    return try await world.client.command(command, answer: CommandResult.self)
  }

  private static func hold(_ world: DepositWorld, _ mine: TronAddress, _ number: UInt8, _ amount: Int64) async throws {
    try await world.client.send(
      DepositHeld(
        address: mine, from: supplier, token: nil, amount: amount, reason: .sentByContract,
        txID: try DepositWorld.transaction(number), place: 0, blockNumber: 200, blockTime: DepositWorld.blockTime,
        seq: Int64(number)))
    try await world.untilDeposit(number, suffix: "/internal/0", is: .held)
  }

  private static func untilAlarms(_ count: Int64, _ world: DepositWorld) async throws {
    try await eventually(within: .seconds(20), "\(count) alarms") {
      try await world.count("outbox where type = 'wallet.UnexpectedWithdrawal'") == count
    }
  }

  @Test("what is swept cannot be given back from the deposit address any more, refused before or after: an alarm")
  func swept() async throws {
    try await Self.run { world, mine in
      #expect(try await Self.refuse(world, mine, 1, 4_000_000)?.code == "done")
      try await Self.hold(world, mine, 2, 5_000_000)
      try await world.client.send(try Self.own(3, payer: mine, Self.transfer(mine, Self.treasury, 9_000_000)))
      try await eventually(within: .seconds(20), "the sweep") {
        try await world.count("deposits where returns_from is not null") == 0
      }
      #expect(try await Self.refuse(world, mine, 2, 5_000_000)?.detail.contains("from the treasury") == true)
      try await world.client.send(
        try Self.own(4, payer: mine, Self.transfer(mine, Self.supplier, 4_000_000, isToOurs: false)))
      try await Self.untilAlarms(1, world)
      #expect(try await world.deposit(1, suffix: "/internal/0")?.state == .refused)
      #expect(try await world.sums()["refunds TRX"] == 9_000_000)
    }
  }

  @Test("a refused deposit goes to its sender, or to the address that was named with the refusal; else it is an alarm")
  func payee() async throws {
    try await Self.run { world, mine in
      let named = try DepositWorld.key(account: 9).addresses(from: 0, count: 1)[0].address
      #expect(try await Self.refuse(world, mine, 1, 4_000_000)?.code == "done")
      try await world.client.send(
        try Self.own(2, payer: mine, Self.transfer(mine, named, 4_000_000, isToOurs: false)))
      try await Self.untilAlarms(1, world)
      #expect(try await world.deposit(1, suffix: "/internal/0")?.state == .refused)

      #expect(try await Self.refuse(world, mine, 3, 5_000_000, returnTo: named)?.detail.contains(named.base58) == true)
      try await world.client.send(
        try Self.own(4, payer: mine, Self.transfer(mine, Self.supplier, 5_000_000, isToOurs: false)))
      try await Self.untilAlarms(2, world)
      try await world.client.send(
        try Self.own(5, payer: mine, Self.transfer(mine, named, 5_000_000, isToOurs: false)))
      try await world.untilDeposit(3, suffix: "/internal/0", is: .returned)
      #expect(try await world.count("outbox where type = 'wallet.UnexpectedWithdrawal'") == 2)
      #expect(try await world.deposit(1, suffix: "/internal/0")?.state == .refused)
    }
  }

  @Test("one operator names another address than the sender's only for what one operator may book alone")
  func namedByOne() async throws {
    try await Self.run(limits: AdjustmentLimits(sunMax: 9_000_000, usdtMax: 0)) { world, mine in
      let named = try DepositWorld.key(account: 9).addresses(from: 0, count: 1)[0].address
      #expect(try await Self.refuse(world, mine, 1, 5_000_000, returnTo: named)?.code == "done")
      // Five and five are more than nine.
      let second = try await Self.refuse(world, mine, 2, 5_000_000, returnTo: named)
      #expect(second?.code == "needs_second_operator" && second?.ok == false)
      #expect(try await world.deposit(2, suffix: "/internal/0")?.state == .held)
      // To the sender it may go, and without an address as well.
      #expect(try await Self.refuse(world, mine, 3, 50_000_000, returnTo: Self.supplier)?.code == "done")
      #expect(try await Self.refuse(world, mine, 4, 50_000_000)?.code == "done")
    }
  }

  @Test("one transaction with other content is a mistake that is seen")
  func contradicted() async throws {
    try await Self.run { world, mine in
      for amount in [Int64(5), 6] {
        try await world.client.send(try Self.own(1, payer: mine, Self.transfer(mine, Self.treasury, amount)))
      }
      try await eventually(within: .seconds(20), "a dead letter") { try await world.deadLetters().count == 1 }
      #expect(try await world.sums() == ["custody:deposits TRX": 5, "custody:treasury TRX": -5])
    }
  }
}
