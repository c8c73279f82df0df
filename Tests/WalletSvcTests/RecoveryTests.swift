import BusKit
import Contracts
import Foundation
import Postgres
import TestKit
import Testing
import TronKit

@testable import WalletSvc

@Suite("A restored ledger that is told again what came after its backup")
struct RecoveryTests {
  private let customer = CustomerID(text: "cus_a")
  private let resume = ResumeCaptures.kind
  private let begin = "select begin_recovery('test')"
  /// What a test sends is then from before it began: told again.
  private let later = "update ledger_differences set found_at = found_at + interval '1 hour'"
  private let earlier = "update ledger_differences set found_at = found_at - interval '1 second'"

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
      for statement in [begin, later] { try await world.execute(statement) }
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
      try await service.sql("\(begin); \(later)")
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
      try await service.sql("\(begin); \(later)")
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
      try await service.sql("\(begin); \(later)")
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
      try await service.sql(begin)
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

  @Test("books what was delivered of an order whose whole hold the customer cannot pay")
  func partly() async throws {
    try await LedgerService.run { service in
      let order = OrderID.make()
      try await service.credit(70, customer)
      try await service.sql("\(begin); \(later)")
      try await service.hold(order, customer, 100)
      #expect(try await service.capture(order, customer, 60)?.code == "waiting")
      try await clear(service)
      try await eventually(within: .seconds(20)) { try await service.int("select count(*) from waiting_captures") == 0 }
      let balance = try await service.client.ask(GetBalance(customer: customer))
      #expect(balance == CustomerBalance(available: Sun(10), held: .zero))
      #expect(try await service.int("select sum(amount) from journal where credit = 'revenue'") == 60)
    }
  }

  @Test("sets nothing aside for an order that comes while it is compared, and says the same when asked again")
  func newOrders() async throws {
    try await LedgerService.run { service in
      let (order, dear, next) = (OrderID.make(), OrderID.make(), OrderID.make())
      let customer = customer
      func hold(_ order: OrderID, _ amount: Int64) async throws -> String? {
        let command = HoldFunds(order: order, customer: customer, amount: Sun(amount))
        let answer = try await service.client.command(command, answer: CommandResult.self)
        return answer?.code
      }
      try await service.credit(100, customer)
      try await service.sql("\(begin); \(earlier)")
      #expect(try await hold(order, 30) == "signing_paused")
      #expect(try await hold(dear, 101) == "insufficient_balance")
      #expect(try await service.int("select available from accounts where id = 'cus_a'") == 100)
      try await clear(service)
      #expect(try await hold(order, 30) == "signing_paused")
      #expect(try await hold(next, 30) == "held")
      let told = "select count(*) from outbox where type = 'wallet.FundsRefused'"
      #expect(try await service.int("\(told) and convert_from(body, 'UTF8') like '%signing_paused%'") == 2)
    }
  }

  @Test("does not end while nothing can be sealed: an epoch has to begin first")
  func sealingStopped() async throws {
    try await LedgerService.run { service in
      try await service.sql("update ledger_epochs set system = 'other'")
      try await eventually(within: .seconds(20)) { try await service.differences() == ["*", "sealing"] }
      let since = "select (extract(epoch from since) * 1000000)::bigint from ledger_freezes where id = '*'"
      let begun = try await service.int(since)
      let command = ClearLedgerDifference(subject: LedgerDifferenceFound.all, action: service.action("clear"))
      let refused = try await service.client.command(command, answer: CommandResult.self)
      #expect(refused?.code == "sealing_stopped" && refused?.ok == false)
      #expect(refused?.detail.contains("new-epoch") == true)
      #expect(try await service.int(since) == begun)
      let epoch = BeginLedgerEpoch(action: service.action("epoch"))
      #expect(try await service.client.command(epoch, answer: CommandResult.self)?.code == "done")
      try await clear(service)
      #expect(try await service.int("select count(*) from ledger_freezes") == 0)
    }
  }

  @Test("goes on behind captures that cannot be booked, and does not ask for the deposits again")
  func goesOn() async throws {
    try await LedgerService.run { service in
      try await service.sql(
        "insert into waiting_captures select 'ord_' || n, 'cus_a', 10, now() from generate_series(1, 4) n")
      let outcome = try await ResumeCaptures.run(ResumeCaptures(), service.bus, pageSize: 2, most: .zero)
      guard case .done(let needs, let apply) = outcome else {
        Issue.record("it begins anew")
        return
      }
      #expect(try await service.int("select count(*) from waiting_captures") == 4)
      try await service.credit(100, customer)
      let address = USDT.nile.base58
      try await service.sql(
        """
        insert into deposits (id, address, sender, customer, currency, amount, state, tx_id, block_number, block_time,
            created_at)
          values ('late', '\(address)', '\(address)', 'cus_b', 'TRX', 5, 'crediting', repeat('0a', 32), 1, now(), now())
        """)
      try await service.bus.transaction(needs: needs) { try apply($0) }
      try await eventually(within: .seconds(20)) { try await service.int("select count(*) from waiting_captures") == 2 }
      try await eventually { try await service.int("select count(*) from effects where kind = '\(resume)'") == 0 }
      #expect(try await service.int("select count(*) from waiting_captures where id in ('ord_1', 'ord_2')") == 2)
      let asked = "select count(*) from outbox where type = 'wallet.CreditDeposit'"
      #expect(try await service.int(asked) == 0)
      // One that nothing is carried on to begins with the deposits and the first capture.
      try await service.start(ResumeCaptures())
      try await eventually(within: .seconds(20)) { try await service.int("select count(*) from waiting_captures") == 0 }
      #expect(try await service.int(asked) == 1)
    }
  }

  @Test("does not begin another run each minute beside one that is under way")
  func oneRun() async throws {
    try await LedgerService.run { service in
      func isForgotten() async throws -> Bool {
        try await service.pool.withSession { try ResumeCaptures.areAny(since: Date(), $0) }
      }
      try await service.sql(
        """
        insert into effects (id, kind, order_key, payload, correlation, next_at)
          values (gen_random_uuid(), '\(resume)', 'resume-captures', '{}', '', now() + interval '1 hour');
        insert into waiting_captures values ('ord_a', 'cus_a', 10, now() - interval '1 hour');
        """)
      #expect(try await !isForgotten())
      try await service.sql("delete from effects where kind = '\(resume)'")
      #expect(try await isForgotten())
    }
  }

  @Test("has begun before a replica that starts in another cluster handles anything")
  func anotherCluster() async throws {
    let (customer, settings) = (customer, try DepositWorld.settings())
    try await DepositWorld.run(settings, replicas: 0) { world in
      try await world.alsoServing(settings) { try await world.untilFree(60) }
      try await world.execute("update ledger_epochs set system = 'other'")
      let patient = PostgresConfiguration(
        conninfo: world.database, applicationName: "test", searchPath: WalletSvcMain.schema,
        idleInTransactionTimeout: .seconds(60))
      // Nobody can seal meanwhile, or find while sealing that nothing can be.
      let head = try await OpenTransaction(
        on: PostgresPool(configuration: patient, size: 1), "select 1 from ledger_head for update")
      try await world.client.send(CaptureHold(order: .make(), customer: customer, amount: Sun(10)))
      try await world.client.send(AssignDepositAddress(customer: customer))
      try await world.alsoServing(settings) {
        try await eventually(within: .seconds(20), "the capture waits") {
          try await world.count("waiting_captures") == 1
        }
        #expect(try await world.assign(customer)?.code == "none_ready")
      }
      try await head.end()
      #expect(try await world.count("ledger_freezes where id = '*'") == 1)
      #expect(try await world.count("outbox where type = 'wallet.HoldContradicted'") == 0)
    }
  }

  private func clear(_ service: LedgerService) async throws {
    let command = ClearLedgerDifference(subject: LedgerDifferenceFound.all, action: service.action("clear"))
    #expect(try await service.client.command(command, answer: CommandResult.self)?.code == "done")
  }
}
