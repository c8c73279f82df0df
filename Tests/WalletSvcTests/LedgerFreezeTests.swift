import BusKit
import Contracts
import Foundation
import Logging
import Postgres
import TestKit
import Testing
import TronKit

@testable import WalletSvc

@Suite("A ledger that differs")
struct LedgerFreezeTests {
  private let customer = CustomerID(text: "cus_a")
  private let other = CustomerID(text: "cus_b")

  @Test("keeps captures of the customer waiting, nobody else's, and books each once when an operator clears it")
  func story() async throws {
    try await LedgerService.run { service in
      let (order, second) = (OrderID.make(), OrderID.make())
      for customer in [customer, other] { try await service.credit(100, customer) }
      for order in [order, second] { try await service.hold(order, customer, 30) }
      try await service.sql("update accounts set available = available + 1 where id = 'cus_a'")
      try await service.check()
      try await eventually { try await service.differences() == ["cus_a"] }

      for _ in 0..<2 {
        let answer = try await service.capture(order, customer, 20)
        #expect(answer?.code == "waiting" && answer?.ok == true)
      }
      #expect(try await service.capture(second, customer, 30)?.code == "waiting")
      #expect(try await service.capture(order, customer, 21)?.code == "already_captured", "one of them waits")
      let late = try await service.client.command(
        ReleaseHold(order: order, customer: customer), answer: CommandResult.self)
      #expect(late?.code == "already_captured" && late?.ok == false, "what was delivered is not given back")
      #expect(try await service.int("select count(*) from waiting_captures") == 2)
      #expect(try await service.int("select held from accounts where id = 'cus_a'") == 60, "holds are kept")
      let third = OrderID.make()
      try await service.hold(third, customer, 5)
      let released = try await service.client.command(
        ReleaseHold(order: third, customer: customer), answer: CommandResult.self)
      #expect(released?.code == "released", "holds and releases go on")
      let free = OrderID.make()
      try await service.hold(free, other, 10)
      #expect(try await service.capture(free, other, 10)?.code == "captured", "others are not concerned")

      // Found again each minute, told once.
      let told = try await service.int("select seq from ledger_differences where id = 'cus_a'")
      try await service.check()
      #expect(try await service.int("select seq from ledger_differences where id = 'cus_a'") == told)

      let account = "customer:cus_a"
      let rebuilt = try await service.client.command(
        RebuildLedgerBalance(account: account, action: service.action("k-1")), answer: CommandResult.self)
      #expect(rebuilt?.code == "done", "\(String(describing: rebuilt))")
      let clear = ClearLedgerDifference(subject: "cus_a", action: service.action("k-2"))
      for _ in 0..<2 {
        #expect(try await service.client.command(clear, answer: CommandResult.self)?.code == "done")
      }
      try await eventually { try await service.int("select count(*) from waiting_captures") == 0 }
      let balance = try await service.client.ask(GetBalance(customer: customer))
      #expect(balance.available == Sun(50) && balance.held == .zero)
      #expect(try await service.int("select count(*) from journal where kind = 'capture' and credit = 'revenue'") == 3)
      #expect(try await service.capture(order, customer, 20)?.code == "already_captured")
      try await service.check()
      #expect(try await service.int("select count(*) from ledger_freezes") == 0)
      #expect(try await service.events() == ["cus_a found", "cus_a cleared"])
    }
  }

  @Test("that is cleared without being corrected is found again, and waiting captures go on waiting")
  func again() async throws {
    try await LedgerService.run { service in
      let order = OrderID.make()
      try await service.credit(100, customer)
      try await service.hold(order, customer, 30)
      try await service.sql("update accounts set held = 0 where id = 'cus_a'")
      try await service.check()
      try await eventually { try await service.differences() == ["cus_a"] }
      #expect(try await service.capture(order, customer, 30)?.code == "waiting")
      _ = try await service.client.command(
        ClearLedgerDifference(subject: "cus_a", action: service.action("k-1")), answer: CommandResult.self)
      try await eventually { try await service.int("select count(*) from ledger_freezes") == 0 }
      try await service.check()
      try await eventually { try await service.differences() == ["cus_a"] }
      let repeated = try await service.client.command(
        ClearLedgerDifference(subject: "cus_a", action: service.action("k-1")), answer: CommandResult.self)
      #expect(repeated?.code == "found_again" && repeated?.ok == false, "nobody has looked at this one")
      #expect(try await service.differences() == ["cus_a"])
      #expect(try await service.int("select count(*) from waiting_captures") == 1, "it could not be booked")
      #expect(try await service.events() == ["cus_a found", "cus_a cleared", "cus_a found"])
    }
  }

  @Test("is cleared, and made good, as all that operators do, by somebody with a name and a reason alone")
  func nameless() async throws {
    try await LedgerService.run { service in
      try await service.freeze("cus_a")
      for (actor, reason, code) in [(" ", "why", "invalid_operator"), ("ann", " ", "invalid_reason")] {
        let action = OperatorAction(actor: actor, reason: reason, key: "k")
        let answers = [
          try await service.client.command(
            ClearLedgerDifference(subject: "cus_a", action: action), answer: CommandResult.self),
          try await service.client.command(
            RebuildLedgerBalance(account: "customer:cus_a", action: action), answer: CommandResult.self),
          try await service.client.command(BeginLedgerEpoch(action: action), answer: CommandResult.self),
          try await service.client.command(CompareCustody(action: action), answer: CommandResult.self),
          try await service.client.command(
            RetireDepositKey(fingerprint: "0123456789abcdef", action: action), answer: CommandResult.self),
        ]
        #expect(answers.allSatisfy { $0?.code == code && $0?.ok == false }, "\(answers)")
      }
      #expect(try await service.differences() == ["cus_a"])
    }
  }

  @Test("in the total of an account of ours is made good from its lines, sealed or not")
  func rebuild() async throws {
    try await LedgerService.run { service in
      for number in 1...5 { try await service.credit(10, customer, key: "c-\(number)") }
      try await eventually { try await service.int("select count(*) from ledger_tail") == 0 }
      try await service.sql("update account_totals set total = total - 3 where account = 'adjustments'")
      let rebuilt = try await service.client.command(
        RebuildLedgerBalance(account: "adjustments", action: service.action("k")), answer: CommandResult.self)
      #expect(rebuilt?.code == "done")
      let total = "select total from account_totals where account = 'adjustments' and currency = 'TRX'"
      #expect(try await service.int(total) == -50)
      try await service.credit(10, customer, key: "c-6")
      try await eventually { try await service.int(total) == -60 }
    }
  }

  @Test("in several ways is told with all of them, whichever check found which")
  func merged() async throws {
    try await LedgerService.run { service in
      func record(_ check: String, _ findings: [LedgerFinding]) async throws -> [String] {
        try await service.bus.transaction(needs: LedgerIncidents.needs(["cus_a"])) { unit in
          try LedgerIncidents.record(
            ["cus_a": findings], by: check, begun: unit.now.addingTimeInterval(60), unit)
        }
      }
      let total = LedgerFinding(.total, account: "held:cus_a", currency: .trx, expected: "1", found: "2")
      let balance = LedgerFinding(.balance, account: "customer:cus_a", currency: .trx, expected: "1", found: "2")
      var news: [[String]] = []
      for (check, finding) in [("full", total), ("recent", balance), ("recent", balance), ("full", total)] {
        news.append(try await record(check, [finding]))
      }
      #expect(news == [["cus_a"], ["cus_a"], [], []])
      let open = try await service.client.ask(GetLedgerChecks()).open
      #expect(open.first?.findings == [total, balance])
    }
  }

  @Test("a check that is under way is not started again, until it has been for too long")
  func underWay() async throws {
    try await LedgerService.run { service in
      func begin() async throws -> Bool {
        try await service.bus.transaction(needs: [.row(LedgerCheckRow.self, "other")]) {
          try LedgerCheckRow.begin("other", patience: 600, $0)
        }
      }
      #expect(try await begin())
      #expect(try await !begin())
      try await service.sql("update ledger_audits set started_at = started_at - interval '11 minutes'")
      #expect(try await begin())
    }
  }

  @Test("an account of another currency than its name says is used by nobody, and a capture of nothing is one")
  func names() async throws {
    try await LedgerService.run { service in
      try await service.sql(
        "insert into accounts (id, currency, available, held, seq, updated_at) values "
          + "('cus_a/USDT', 'USDT', 50, 0, 1, now())")
      let order = OrderID.make()
      try await service.client.send(
        HoldFunds(order: order, customer: CustomerID(text: "cus_a/USDT"), amount: Sun(10)))
      try await service.credit(100, customer)
      try await service.hold(OrderID.make(), customer, 10)
      let second = OrderID.make()
      try await service.hold(second, customer, 10)
      for code in ["captured", "already_captured"] {
        #expect(try await service.capture(second, customer, 0)?.code == code)
      }
      #expect(try await service.int("select available from accounts where id = 'cus_a/USDT'") == 50)
      #expect(try await service.int("select count(*) from holds where id = '\(order)'") == 0)
    }
  }

  @Test("in what concerns all keeps everybody's captures waiting")
  func all() async throws {
    try await LedgerService.run { service in
      let order = OrderID.make()
      try await service.credit(100, customer)
      try await service.hold(order, customer, 30)
      try await service.sql("update ledger_sums set total = 1 where currency = 'USDT'")
      try await service.check()
      try await eventually { try await service.differences() == ["*"] }
      #expect(try await service.capture(order, customer, 30)?.code == "waiting")
      let shown = try await service.client.ask(GetLedgerChecks())
      #expect(shown.waitingCaptures == 1 && shown.open.map(\.subject) == ["*"])
      try await service.sql("update ledger_sums set total = 0 where currency = 'USDT'")
      let clear = ClearLedgerDifference(subject: "*", action: service.action("k-1"))
      #expect(try await service.client.command(clear, answer: CommandResult.self)?.code == "done")
      try await eventually { try await service.int("select count(*) from journal where kind = 'capture'") == 1 }
    }
  }

  @Test("a capture that waits for nothing any more is booked, whoever died before it could be")
  func forgotten() async throws {
    try await LedgerService.run { service in
      let order = OrderID.make()
      try await service.credit(100, customer)
      try await service.hold(order, customer, 30)
      try await service.sql("insert into waiting_captures values ('\(order)', 'cus_a', 30, now())")
      try await service.start(ResumeCaptures())
      try await service.start(ResumeCaptures())
      try await eventually { try await service.int("select count(*) from waiting_captures") == 0 }
      #expect(try await service.int("select count(*) from journal where kind = 'capture'") == 1)
    }
  }

  @Test("captures and clearings that race leave no capture behind and book none twice")
  func race() async throws {
    try await LedgerService.run { service in
      try await service.credit(1_000, customer)
      let orders = (0..<40).map { _ in OrderID.make() }
      for order in orders { try await service.hold(order, customer, 10) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for order in orders { group.addTask { _ = try await service.capture(order, customer, 10) } }
        group.addTask {
          for round in 0..<10 {
            try await service.freeze("cus_a")
            _ = try await service.client.command(
              ClearLedgerDifference(subject: "cus_a", action: service.action("k-\(round)")),
              answer: CommandResult.self)
          }
        }
        try await group.waitForAll()
      }
      try await eventually(within: .seconds(30)) {
        try await service.int("select count(*) from journal where kind = 'capture'") == 40
      }
      #expect(try await service.int("select count(*) from waiting_captures") == 0)
      #expect(try await service.client.ask(GetBalance(customer: customer)).available == Sun(600))
    }
  }

  @Test("an account's statement adds up page by page, from its opening to its closing balance")
  func statement() async throws {
    try await LedgerService.run { service in
      for number in 1...7 { try await service.credit(Int64(number), customer, key: "c-\(number)") }
      let order = OrderID.make()
      try await service.hold(order, customer, 10)
      var lines: [LedgerStatementLine] = []
      var after: Int64?
      while true {
        let page = try await service.client.ask(
          GetLedgerStatement(
            account: "customer:cus_a", currency: .trx, from: nil, to: nil, after: after, limit: 3))
        #expect(page.opening == (after == nil ? 0 : nil))
        lines += page.lines
        guard page.hasMore else { break }
        after = page.lines.last?.number
      }
      #expect(lines.map(\.amount) == [1, 2, 3, 4, 5, 6, 7, -10])
      #expect(lines.last?.counterAccount == "held:cus_a" && lines.last?.order == order)
      #expect(lines.first?.actor == "ann" && lines.first?.reason == "test")
      let ours = try await service.client.ask(
        GetLedgerStatement(account: "adjustments", currency: .trx, from: nil, to: nil, after: nil, limit: 100))
      #expect(ours.lines.map(\.amount).reduce(0, +) == -28)
      await #expect(throws: QueryFailure.self) {
        try await service.client.ask(
          GetLedgerStatement(account: "nobody", currency: .trx, from: nil, to: nil, after: nil, limit: 100))
      }
    }
  }

  @Test("the service seals by itself, and answers for the chain")
  func seals() async throws {
    try await LedgerService.run { service in
      try await service.credit(5, customer)
      try await eventually { try await service.client.ask(VerifyLedger(from: 1, count: 10)).head == 1 }
      let page = try await service.client.ask(VerifyLedger(from: 1, count: 10))
      #expect(page.faults == [] && page.unsealed == 0 && page.next == nil && page.headHash == page.blocks.last?.hash)
      await #expect(throws: QueryFailure.self) { try await service.client.ask(VerifyLedger(from: 0, count: 10)) }
    }
  }

  @Test("says once that nothing is sealed in another cluster, and captures nothing until an operator ends recovery")
  func otherCluster() async throws {
    try await LedgerService.run { service in
      let order = OrderID.make()
      try await service.credit(100, customer)
      try await service.hold(order, customer, 30)
      try await service.sql("update ledger_epochs set system = 'other'")
      try await eventually(within: .seconds(20)) { try await service.differences() == ["*", "sealing"] }
      #expect(try await service.capture(order, customer, 30)?.code == "waiting")
      let command = BeginLedgerEpoch(action: service.action("k-1"))
      #expect(try await service.client.command(command, answer: CommandResult.self)?.code == "done")
      try await eventually(within: .seconds(20)) {
        let page = try await service.client.ask(VerifyLedger(from: 1, count: 100))
        return page.unsealed == 0 && page.trouble.isEmpty && page.blocks.last?.epoch == 2 && page.faults == []
      }
      #expect(try await service.differences() == ["*"])
      #expect(try await service.capture(order, customer, 30)?.code == "waiting", "recovery ends by an operator's word")
      let clear = ClearLedgerDifference(subject: "*", action: service.action("k-2"))
      #expect(try await service.client.command(clear, answer: CommandResult.self)?.code == "done")
      try await eventually { try await service.capture(order, customer, 30)?.code == "already_captured" }
      #expect(try await service.differences() == [])
      // The first two are of one moment.
      #expect(try await service.events().prefix(2).sorted() == ["* found", "sealing found"])
      #expect(try await service.events().dropFirst(2) == ["sealing cleared", "* cleared"])
    }
  }

  @Test("may be restored from a backup: recovery begins before the services start, and is found in the checks")
  func recovery() async throws {
    try await LedgerService.run { service in
      let order = OrderID.make()
      try await service.credit(100, customer)
      try await service.hold(order, customer, 30)
      try await service.sql("select begin_recovery('from last night')")
      #expect(try await service.capture(order, customer, 30)?.code == "waiting")
      let checks = try await service.client.ask(GetLedgerChecks())
      #expect(checks.open.map(\.subject) == ["*"])
      #expect(checks.open.first?.findings.first?.description.hasSuffix("from last night") == true)
      for key in ["k-1", "k-2"] {
        let clear = ClearLedgerDifference(subject: "*", action: service.action(key))
        #expect(try await service.client.command(clear, answer: CommandResult.self)?.code == "done")
        try await eventually { try await service.int("select count(*) from ledger_freezes") == 0 }
        // Once more, after another restore.
        if key == "k-1" { try await service.sql("select begin_recovery('again')") }
      }
      try await eventually { try await service.capture(order, customer, 30)?.code == "already_captured" }
    }
  }

  @Test("is told with a number above all that a reader may know of, by hand and by itself")
  func recoveryIsNews() async throws {
    try await LedgerService.run { service in
      let begun = Int64(Date().timeIntervalSince1970 * 1000) - 1_000
      func oldest() async throws -> Int64 {
        try await service.int("select case when count(*) > 1 then min(seq) end from ledger_differences")
      }
      // What the restored database knows of earlier differences is old.
      try await service.sql(
        """
        insert into ledger_differences (id, found_by, findings, seq, found_at, cleared_at)
        values ('*', 'recent', '[]', 3, now(), now()), ('sealing', 'seal', '[]', 3, now(), now())
        """)
      try await service.sql("select begin_recovery('from last night')")
      try await LedgerIncidents.tellOpen(service.bus)
      #expect(try await service.events() == ["* found"])
      #expect(try await service.int("select seq from ledger_differences where id = '*'") > begun)
      try await service.sql("update ledger_epochs set system = 'other'")
      try await eventually(within: .seconds(20)) { try await service.differences() == ["*", "sealing"] }
      #expect(try await oldest() > begun)
    }
  }

  @Test("and money that is held tell their age: what holds it up shows wherever the command was lost")
  func oldestHold() async throws {
    try await LedgerService.run { service in
      func age() async throws -> Double {
        try await service.pool.withSession { session in
          try LedgerGauges.values(session).first { $0.0 == "energy_wallet_oldest_hold_seconds" }?.1 ?? -1
        }
      }
      let order = OrderID.make()
      try await service.credit(100, customer)
      #expect(try await age() == 0)
      try await service.hold(order, customer, 30)
      try await service.sql("update holds set created_at = created_at - interval '1 h'")
      #expect(try await age() > 3_599)
      _ = try await service.capture(order, customer, 30)
      #expect(try await age() == 0)
    }
  }

  @Test("in a sealed block is found by the nightly check, and concerns all")
  func nightly() async throws {
    try await LedgerService.run { service in
      try await service.credit(100, customer)
      try await eventually { try await service.client.ask(VerifyLedger(from: 1, count: 10)).head == 1 }
      try await service.sql(
        """
        set session_replication_role = replica; update journal set body_hash = 'other';
        set session_replication_role = origin
        """)
      try await service.start(LedgerFullCheck())
      try await eventually(within: .seconds(20)) { try await service.differences() == ["*"] }
      let found = try await service.client.ask(GetLedgerChecks()).open.first?.findings.map(\.description)
      #expect(found == ["block 1: line 1 is not what was sealed"])
    }
  }
}
