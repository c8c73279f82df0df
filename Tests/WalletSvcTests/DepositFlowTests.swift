import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import WalletSvc

@Suite("Deposits on a real bus")
struct DepositFlowTests {
  private let ann = CustomerID(text: "cus_ann")
  private let bob = CustomerID(text: "cus_bob")

  @Test("are credited once to whoever has the address, in either currency, however often they are told")
  func credited() async throws {
    let (ann, bob) = (ann, bob)
    try await DepositWorld.run(try DepositWorld.settings()) { world in
      try await world.untilFree(60)
      let (mine, other) = (try await world.address(of: ann), try await world.address(of: bob))
      let trx = try DepositWorld.found(mine, 5_000_000, 1)
      let usdt = try DepositWorld.found(mine, 7_000_000, 2, token: USDT.mainnet, logIndex: 3, seq: 2)
      for _ in 0..<3 {
        for event in [trx, usdt, try DepositWorld.found(other, 2_000_000, 3)] { try await world.client.send(event) }
      }
      let id = UUID.v7()
      for _ in 0..<2 { try await world.client.send(try DepositWorld.found(mine, 1_000_000, 4, seq: 3), id: id) }
      try await eventually(within: .seconds(20), "the balances") {
        let (funds, others) = (try await world.balance(ann), try await world.balance(bob))
        return funds.available == Sun(6_000_000) && funds.usdt == 7_000_000 && others.available == Sun(2_000_000)
      }
      // Told again after it was credited, and with another `seq`: it is the same money.
      try await world.client.send(try DepositWorld.found(mine, 5_000_000, 1, seq: 9))
      try await world.client.send(try DepositWorld.found(other, 1_500_000, 5))
      try await world.untilDeposit(5, is: .credited)
      #expect(
        try await world.sums() == [
          "custody:deposits TRX": -9_500_000, "custody:deposits USDT": -7_000_000, "customer:cus_ann TRX": 6_000_000,
          "customer:cus_ann USDT": 7_000_000, "customer:cus_bob TRX": 3_500_000,
        ])
      #expect(try await world.count("outbox where type = 'wallet.DepositCredited'") == 5)
      let deposits = try await world.client.ask(GetDeposits(customer: ann, limit: 2))
      #expect(deposits.deposits.count == 2)
      let rest = try await world.client.ask(GetDeposits(customer: ann, before: deposits.next))
      #expect(rest.deposits.count == 1 && rest.next == nil)
      #expect(try await world.client.ask(GetDeposits(state: .held)).deposits.isEmpty)
      #expect(try await world.deadLetters().isEmpty)
      #expect(try await world.pool.withSession { try LedgerAudit.findings(isFull: true, $0) }.isEmpty)
    }
  }

  @Test("wait while a restored database is not compared yet, and are credited once when an operator says so")
  func recovery() async throws {
    let ann = ann
    try await DepositWorld.run(try DepositWorld.settings()) { world in
      try await world.untilFree(60)
      let mine = try await world.address(of: ann)
      try await world.execute("select begin_recovery('test')")
      try await world.client.send(try DepositWorld.found(mine, 5_000_000, 1))
      let asked = "outbox o join inbox i using (message_id) where o.type = 'wallet.CreditDeposit'"
      try await eventually(within: .seconds(20), "the crediting was handled") { try await world.count(asked) == 1 }
      #expect(try await world.deposit(1)?.state == .crediting)
      #expect(try await world.balance(ann).available == .zero)
      let clear = ClearLedgerDifference(
        subject: LedgerDifferenceFound.all, action: OperatorAction(actor: "ann", reason: "compared", key: "k-1"))
      #expect(try await world.client.command(clear, answer: CommandResult.self)?.code == "done")
      try await world.untilDeposit(1, is: .credited)
      #expect(try await world.balance(ann).available == Sun(5_000_000))
    }
  }

  @Test("one id with other content is a mistake that is seen, and changes nothing")
  func contradicted() async throws {
    let ann = ann
    try await DepositWorld.run(try DepositWorld.settings()) { world in
      try await world.untilFree(60)
      let mine = try await world.address(of: ann)
      try await world.client.send(try DepositWorld.found(mine, 5_000_000, 1))
      try await world.untilDeposit(1, is: .credited)
      try await world.client.send(try DepositWorld.found(mine, 6_000_000, 1))
      try await eventually(within: .seconds(20), "a dead letter") { try await world.deadLetters().count == 1 }
      #expect(try await world.deadLetters().first?.contains("other content") == true)
      #expect(try await world.balance(ann).available == Sun(5_000_000))
    }
  }

  @Test("what cannot be credited waits for an operator, and each account says so")
  func held() async throws {
    let ann = ann
    try await DepositWorld.run(try DepositWorld.settings()) { world in
      try await world.untilFree(60)
      let mine = try await world.address(of: ann)
      let nobody = try DepositWorld.key().addresses(from: 59, count: 1)[0].address
      try await world.client.send(try DepositWorld.found(nobody, 1_000_000, 1))
      try await world.client.send(try DepositWorld.found(USDT.mainnet, 2_000_000, 2))
      try await world.client.send(try DepositWorld.found(mine, 3_000_000, 3, token: DepositWorld.payer, logIndex: 0))
      try await world.client.send(try DepositWorld.found(mine, 999_999, 4))
      for (number, amount, reason) in [
        (UInt8(5), Int64?.some(4_000_000), DepositHeld.Reason.sentByContract), (6, nil, .tooLarge),
      ] {
        try await world.client.send(
          DepositHeld(
            address: mine, from: DepositWorld.payer, token: nil, amount: amount, reason: reason,
            txID: try DepositWorld.transaction(number), blockNumber: 200, blockTime: Date(), seq: Int64(number)))
      }
      try await eventually(within: .seconds(20), "six deposits") {
        try await world.client.ask(GetDeposits()).deposits.count == 6
      }
      let all = try await world.client.ask(GetDeposits()).deposits
      #expect(
        Dictionary(grouping: all, by: \.obstacle).mapValues(\.count) == [
          .unassignedAddress: 1, .unknownAddress: 1, .unknownToken: 1, .belowMinimum: 1, .sentByContract: 1,
          .tooLarge: 1,
        ])
      #expect(all.filter { $0.state == .held }.count == 5)
      #expect(
        try await world.sums() == [
          "custody:deposits TRX": -7_999_999, "deposits_in_flight TRX": 7_000_000, "rounding TRX": 999_999,
        ])
      #expect(try await world.status().held == 5)
      // What has money before it is anybody's is never handed out.
      #expect(try await world.count("deposit_addresses where id = '\(nobody.base58)' and stock is null") == 1)
      let list = try await world.client.ask(ListDepositAddresses())
      #expect(list.addresses.map(\.address) == [mine, nobody])
      #expect(list.addresses.map(\.place.index) == [0, 59])
      let next = try await world.client.ask(ListDepositAddresses(limit: 1)).next
      #expect(try await world.client.ask(ListDepositAddresses(after: next)).addresses.map(\.address) == [nobody])
    }
  }

  @Test("what was paid before the address was handed out waits for an operator, however late it is told")
  func early() async throws {
    let ann = ann
    try await DepositWorld.run(try DepositWorld.settings()) { world in
      try await world.untilFree(60)
      let mine = try await world.address(of: ann)
      let before = Date().addingTimeInterval(-60)
      try await world.client.send(try DepositWorld.found(mine, 5_000_000, 1, at: before))
      try await world.client.send(try DepositWorld.found(mine, 2_000_000, 2, at: Date(), seq: 2))
      try await world.untilDeposit(1, is: .held)
      try await world.untilDeposit(2, is: .credited)
      #expect(try await world.deposit(1)?.obstacle == .unassignedAddress)
      #expect(try await world.balance(ann).available == Sun(2_000_000))
    }
  }

  @Test("what tx-svc holds is one deposit, whatever number it counts: a block may be read again by one that forgot")
  func heldAgain() async throws {
    let ann = ann
    try await DepositWorld.run(try DepositWorld.settings()) { world in
      try await world.untilFree(60)
      let mine = try await world.address(of: ann)
      func held(_ place: Int, seq: Int64, token: TronAddress? = nil) throws -> DepositHeld {
        DepositHeld(
          address: mine, from: DepositWorld.payer, token: token, amount: token == nil ? 4_000_000 : nil,
          reason: token == nil ? .sentByContract : .tooLarge, txID: try DepositWorld.transaction(1), place: place,
          blockNumber: 200, blockTime: DepositWorld.blockTime, seq: seq)
      }
      for seq in Int64(1)...3 {
        try await world.client.send(try held(0, seq: seq))
        try await world.client.send(try held(1, seq: seq + 10))
        try await world.client.send(try held(0, seq: seq + 20, token: USDT.mainnet))
      }
      try await world.client.send(try DepositWorld.found(mine, 1_000_000, 2))
      try await world.untilDeposit(2, is: .credited)
      let id = try DepositWorld.transaction(1).hex
      let held = try await world.client.ask(GetDeposits(state: .held)).deposits.map(\.id).sorted()
      #expect(held == ["\(id)/0", "\(id)/internal/0", "\(id)/internal/1"])
      #expect(try await world.sums()["deposits_in_flight TRX"] == 8_000_000)
      #expect(try await world.deadLetters().isEmpty)
    }
  }

  @Test("an operator credits or refuses a held deposit, once, and it is in the audit log")
  func decided() async throws {
    let (ann, bob) = (ann, bob)
    try await DepositWorld.run(try DepositWorld.settings(account: nil)) { world in
      for number in UInt8(1)...3 {
        try await world.client.send(try DepositWorld.found(USDT.mainnet, 1_000_000 * Int64(number), number))
        try await world.untilDeposit(number, is: .held)
      }
      let token = try DepositWorld.found(USDT.mainnet, 1, 4, token: DepositWorld.payer, logIndex: 0)
      try await world.client.send(token)
      try await world.untilDeposit(4, suffix: "/0", is: .held)
      func action(_ key: String) -> OperatorAction { OperatorAction(actor: "ann", reason: "asked", key: key) }
      func credit(_ number: UInt8, _ customer: CustomerID, key: String, suffix: String = "") async throws -> String? {
        let id = try DepositWorld.transaction(number).hex + suffix
        return try await world.client.command(
          CreditHeldDeposit(deposit: id, customer: customer, action: action(key)), answer: CommandResult.self)?.code
      }
      func refuse(_ number: UInt8, key: String, suffix: String = "") async throws -> String? {
        let id = try DepositWorld.transaction(number).hex + suffix
        return try await world.client.command(
          RefuseHeldDeposit(deposit: id, action: action(key)), answer: CommandResult.self)?.code
      }
      #expect(try await credit(1, ann, key: "a") == "done")
      #expect(try await credit(1, ann, key: "a") == "done")
      #expect(try await credit(1, bob, key: "a") == "key_conflict")
      #expect(try await credit(2, ann, key: "a") == "key_conflict")
      #expect(try await credit(1, bob, key: "b") == "already_credited")
      #expect(try await refuse(1, key: "c") == "already_credited")
      #expect(try await refuse(2, key: "d") == "done")
      #expect(try await refuse(2, key: "d") == "done")
      #expect(try await refuse(2, key: "e") == "already_refused")
      #expect(try await credit(2, bob, key: "f") == "already_refused")
      #expect(try await credit(9, bob, key: "g") == "unknown_deposit")
      #expect(try await credit(4, bob, key: "h", suffix: "/0") == "not_countable")
      #expect(try await refuse(4, key: "i", suffix: "/0") == "done")
      #expect(try await refuse(4, key: "i", suffix: "/0") == "done")
      #expect(try await world.balance(ann).available == Sun(1_000_000))
      #expect(
        try await world.sums() == [
          "custody:deposits TRX": -6_000_000, "customer:cus_ann TRX": 1_000_000, "refunds TRX": 2_000_000,
          "deposits_in_flight TRX": 3_000_000,
        ])
      #expect(try await world.count("outbox where type = 'gateway.OperatorActed'") == 3)
      #expect(try await world.deposit(1)?.decision?.key == "a")
    }
  }

  @Test("an operator credits no more alone than by adjustments: beyond it another one has to name the same customer")
  func second() async throws {
    let (ann, bob) = (ann, bob)
    let limits = AdjustmentLimits(sunMax: 5_000_000, usdtMax: 0)
    try await DepositWorld.run(try DepositWorld.settings(account: nil), limits: limits) { world in
      for (number, amount) in [(UInt8(1), Int64(3_000_000)), (2, 3_000_000), (3, 6_000_000)] {
        try await world.client.send(try DepositWorld.found(USDT.mainnet, amount, number))
        try await world.untilDeposit(number, is: .held)
      }
      func credit(_ number: UInt8, _ customer: CustomerID, by actor: String, key: String) async throws -> String? {
        let command = CreditHeldDeposit(
          deposit: try DepositWorld.transaction(number).hex, customer: customer,
          action: OperatorAction(actor: actor, reason: "asked", key: key))
        return try await world.client.command(command, answer: CommandResult.self)?.code
      }
      #expect(try await credit(1, ann, by: "eve", key: "a") == "done")
      // Together it is more than the limit.
      #expect(try await credit(2, ann, by: "eve", key: "b") == "awaiting_approval")
      #expect(try await credit(2, ann, by: "eve", key: "b") == "awaiting_approval")
      #expect(try await credit(2, ann, by: "E ve", key: "c") == "awaiting_approval", "the same operator")
      #expect(try await credit(2, ann, by: "mia", key: "c") == "key_conflict")
      #expect(try await credit(2, bob, by: "E ve", key: "c") == "key_conflict")
      #expect(try await credit(2, ann, by: "", key: "d") == "invalid_operator")
      #expect(try await world.deposit(2)?.state == .held)
      #expect(try await credit(2, ann, by: "mia", key: "e") == "done")
      #expect(try await credit(2, ann, by: "mia", key: "e") == "done")
      #expect(try await credit(2, ann, by: "E ve", key: "c") == "done", "the one who asked hears what became of it")

      // What both name must be the same.
      #expect(try await credit(3, ann, by: "eve", key: "f") == "awaiting_approval")
      #expect(try await credit(3, bob, by: "mia", key: "g") == "awaiting_approval")
      #expect(try await credit(3, bob, by: "eve", key: "h") == "done")
      #expect(try await world.balance(ann).available == Sun(6_000_000))
      #expect(try await world.balance(bob).available == Sun(6_000_000))
      let booked = try await world.pool.withSession { session in
        try session.execute(
          """
          select action ->> 'key' || ' ' || coalesce(action -> 'approval' ->> 'key', '') as keys from journal
          where id like 'deposit-decision:%' order by number
          """
        ).rows.map { try $0.string("keys") }
      }
      #expect(booked == ["a ", "c e", "g h"])
      #expect(try await world.count("outbox where type = 'gateway.OperatorActed'") == 7)
    }
  }

  @Test("what a balance cannot hold is held and not lost")
  func tooMuch() async throws {
    let ann = ann
    try await DepositWorld.run(try DepositWorld.settings()) { world in
      try await world.untilFree(60)
      let mine = try await world.address(of: ann)
      let most = Int64.max - 5_000_000
      try await world.client.send(try DepositWorld.found(mine, most, 1))
      try await world.untilDeposit(1, is: .credited)
      try await world.client.send(try DepositWorld.found(mine, 6_000_000, 2, seq: 2))
      try await world.untilDeposit(2, is: .held)
      #expect(try await world.deposit(2)?.obstacle == .balanceFull)
      #expect(try await world.balance(ann).available == Sun(most))
    }
  }
}
