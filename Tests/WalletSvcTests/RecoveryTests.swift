import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import WalletSvc

@Suite("A restored ledger that is told again what came after its backup")
struct RecoveryTests {
  private let customer = CustomerID(text: "cus_a")
  private let resume = ResumeCaptures.kind

  @Test("captures what was paid with a deposit that the backup lacks, once, after the deposit is credited")
  func deposit() async throws {
    let customer = customer
    try await DepositWorld.run(try DepositWorld.settings()) { world in
      func result(_ command: some Message) async throws -> String? {
        let answer = try await world.client.command(command, answer: CommandResult.self)
        return answer?.code
      }
      try await world.untilFree(60)
      let mine = try await world.address(of: customer)
      let order = OrderID.make()
      let hold = HoldFunds(order: order, customer: customer, amount: Sun(4_000_000))
      let capture = CaptureHold(order: order, customer: customer, amount: Sun(4_000_000))
      try await world.execute("select begin_recovery('test')")
      try await world.client.send(try DepositWorld.found(mine, 5_000_000, 1))
      try await world.untilDeposit(1, is: .crediting)
      #expect(try await result(hold) == "insufficient_balance")
      for _ in 0..<2 { #expect(try await result(capture) == "waiting") }
      let clear = ClearLedgerDifference(
        subject: LedgerDifferenceFound.all, action: OperatorAction(actor: "ann", reason: "compared", key: "k-1"))
      #expect(try await result(clear) == "done")
      try await eventually(within: .seconds(20), "the capture is booked") {
        try await world.count("waiting_captures") == 0
      }
      #expect(try await world.balance(customer) == CustomerBalance(available: Sun(1_000_000), held: .zero))
      // Told once more.
      #expect(try await result(hold) == "exists")
      #expect(try await result(capture) == "already_captured")
      #expect(
        try await world.sums() == [
          "custody:deposits TRX": -5_000_000, "customer:cus_a TRX": 1_000_000, "revenue TRX": 4_000_000,
        ])
      #expect(try await world.count("outbox where type = 'wallet.HoldContradicted'") == 0)
    }
  }

  @Test("captures what came before its hold, and what nobody asks to hold any more")
  func reordered() async throws {
    try await LedgerService.run { service in
      let (early, alone) = (OrderID.make(), OrderID.make())
      try await service.credit(100, customer)
      try await service.sql("select begin_recovery('test')")
      #expect(try await service.capture(early, customer, 20)?.code == "waiting")
      #expect(try await service.capture(alone, customer, 10)?.code == "waiting")
      try await service.hold(early, customer, 30)
      try await clear(service)
      try await eventually(within: .seconds(20)) { try await service.int("select count(*) from waiting_captures") == 0 }
      #expect(
        try await service.client.ask(GetBalance(customer: customer))
          == CustomerBalance(available: Sun(70), held: .zero))
      // The hold comes last of all: it was taken.
      try await service.hold(alone, customer, 10)
      #expect(try await service.int("select held from accounts where id = 'cus_a'") == 0)
      #expect(try await service.int("select sum(amount) from journal where credit = 'revenue'") == 30)
    }
  }

  @Test("keeps waiting what the customer cannot pay, and books it when that is mended")
  func tooLittle() async throws {
    try await LedgerService.run { service in
      let order = OrderID.make()
      try await service.sql("select begin_recovery('test')")
      try await service.hold(order, customer, 30)
      #expect(try await service.capture(order, customer, 30)?.code == "waiting")
      try await clear(service)
      try await eventually { try await service.int("select count(*) from effects where kind = '\(resume)'") == 0 }
      #expect(try await service.int("select count(*) from waiting_captures") == 1)
      #expect(try await service.int("select count(*) from journal") == 0)
      try await service.credit(30, customer)
      try await service.start(ResumeCaptures())
      try await eventually { try await service.int("select count(*) from waiting_captures") == 0 }
      #expect(try await service.int("select amount from journal where kind = 'capture'") == 30)
    }
  }

  @Test("captures nothing of what the order has released, whichever of the two comes first")
  func released() async throws {
    try await LedgerService.run { service in
      let (unasked, refused, late) = (OrderID.make(), OrderID.make(), OrderID.make())
      try await service.sql("select begin_recovery('test')")
      for order in [refused, late] { try await service.hold(order, customer, 30) }
      for order in [unasked, refused] { #expect(try await service.capture(order, customer, 30)?.code == "waiting") }
      for order in [unasked, refused, late] {
        let release = try await service.client.command(
          ReleaseHold(order: order, customer: customer), answer: CommandResult.self)
        #expect(release?.code == "remembered")
      }
      #expect(try await service.capture(late, customer, 30)?.code == "already_released")
      try await service.credit(100, customer)
      try await clear(service)
      try await eventually { try await service.int("select count(*) from waiting_captures") == 0 }
      #expect(try await service.int("select available from accounts where id = 'cus_a'") == 100)
      #expect(try await service.int("select count(*) from holds where state = 'barred'") == 3)
      #expect(try await service.int("select count(*) from outbox where type = 'wallet.HoldContradicted'") == 3)
    }
  }

  @Test("does not bring back a capture whose hold was refused before, nor one of another customer or of more")
  func contradicted() async throws {
    try await LedgerService.run { service in
      let (refused, held) = (OrderID.make(), OrderID.make())
      try await service.hold(refused, customer, 30)
      #expect(try await service.capture(refused, customer, 30)?.code == "not_held")
      try await service.credit(100, customer)
      try await service.hold(held, customer, 10)
      try await service.sql("select begin_recovery('test')")
      #expect(try await service.capture(refused, customer, 30)?.code == "not_held")
      #expect(try await service.capture(held, CustomerID(text: "cus_b"), 10)?.code == "other_customer")
      #expect(try await service.capture(held, customer, 11)?.code == "amount_out_of_range")
      #expect(try await service.int("select count(*) from waiting_captures") == 0)
      try await clear(service)
      #expect(try await service.int("select available from accounts where id = 'cus_a'") == 90)
    }
  }

  @Test("books what waits beside rows that are damaged")
  func damaged() async throws {
    try await LedgerService.run { service in
      let (first, second) = (OrderID(text: "ord_a"), OrderID(text: "ord_b"))
      try await service.credit(100, customer)
      for order in [first, second] { try await service.hold(order, customer, 10) }
      // The id of what it would post is taken; and the address of a deposit is none.
      try await service.sql(
        """
        insert into journal (id, kind, currency, debit, credit, amount, body_hash, created_at)
          values ('capture:ord_a', 'transfer', 'TRX', 'adjustments', 'costs', 1, 'h', now());
        insert into deposits (id, address, sender, customer, currency, amount, state, tx_id, block_number, block_time,
            created_at)
          values ('damaged', 'nowhere', 'nobody', 'cus_b', 'TRX', 5, 'crediting', 'none', 1, now(), now());
        insert into waiting_captures values ('ord_a', 'cus_a', 10, now()), ('ord_b', 'cus_a', 10, now());
        """)
      try await service.start(ResumeCaptures())
      try await eventually(within: .seconds(20)) {
        try await service.int("select count(*) from holds where id = 'ord_b' and state = 'captured'") == 1
      }
      #expect(try await service.int("select count(*) from waiting_captures where id = 'ord_a'") == 1)
      try await eventually { try await service.int("select count(*) from effects where kind = '\(resume)'") == 0 }
    }
  }

  private func clear(_ service: LedgerService) async throws {
    let command = ClearLedgerDifference(subject: LedgerDifferenceFound.all, action: service.action("clear"))
    #expect(try await service.client.command(command, answer: CommandResult.self)?.code == "done")
  }
}
