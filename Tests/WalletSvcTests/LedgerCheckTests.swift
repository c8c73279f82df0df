import BusKit
import Contracts
import Foundation
import Postgres
import TestKit
import Testing

@testable import WalletSvc

@Suite("The ledger's checks")
struct LedgerCheckTests {
  @Test("find each kind of difference, of what changed and of everything", arguments: [
    ("update accounts set available = 6", "customer:cus_a (TRX) is off by 1"),
    ("update accounts set held = 2", "open holds of cus_a is off by 2"),
    ("update ledger_sums set total = 3 where currency = 'USDT'", "the sum over all accounts (USDT) is 3"),
    ("delete from accounts", "customer:cus_a (TRX) is off by -5"),
  ])
  func findings(_ mistake: String, _ expected: String) async throws {
    try await LedgerDatabase.run { database in
      try await prepare(database)
      for isFull in [false, true] { #expect(try await findings(database, isFull: isFull) == []) }
      try await database.script(mistake)
      for isFull in [false, true] {
        #expect(try await findings(database, isFull: isFull).contains(expected), "full: \(isFull)")
      }
    }
  }

  @Test("find a line that no balance followed, sealed or not, and an account of the journal below zero")
  func lines() async throws {
    try await LedgerDatabase.run { database in
      try await prepare(database)
      try await database.script(LedgerDatabase.line("b", "customer:cus_b", "revenue", 3))
      let expected = ["customer:cus_b (TRX) is off by 3", "customer:cus_b (TRX) is below zero: -3"]
      #expect(try await findings(database, isFull: false) == expected, "not sealed")
      try await database.sealAll()
      #expect(try await findings(database, isFull: false) == expected, "sealed")
      #expect(try await findings(database, isFull: true) == expected)
    }
  }

  @Test("find a total that is not that of its lines, and one account's mistake concerns its customer alone")
  func totals() async throws {
    try await LedgerDatabase.run { database in
      try await prepare(database)
      try await database.script("update account_totals set total = total - 1 where account = 'adjustments'")
      #expect(try await findings(database, isFull: false) == ["the sum over all accounts (TRX) is -1"])
      let found = try await database.pool.withSession { try LedgerFullAudit.findings($0) }
      #expect(found.map(\.description).contains("the total of adjustments (TRX) is off by -1"))
      #expect(Set(LedgerIncidents.bySubject(found).keys) == ["*"])
      let one = [LedgerFinding(.total, account: "held:cus_a", currency: .trx, expected: "1", found: "2")]
      #expect(Set(LedgerIncidents.bySubject(one).keys) == ["cus_a"])
      let many = Array(repeating: one[0], count: LedgerAudit.findingsMax)
      #expect(Set(LedgerIncidents.bySubject(many).keys) == ["*"], "too many to be listed concern all")
    }
  }

  @Test("look at what changed by key: none of the large tables is read as a whole")
  func plan() async throws {
    try await LedgerDatabase.run { database in
      try await database.script(
        """
        insert into accounts (id, available, held, seq, updated_at)
          select 'cus_' || n, 5, 0, 1, now() - interval '1 day' from generate_series(1, 20000) n;
        insert into journal (id, kind, currency, debit, credit, amount, body_hash, created_at)
          select 'credit:' || n, 'credit', 'TRX', 'adjustments', 'customer:cus_' || n, 5, 'h', now()
          from generate_series(1, 20000) n;
        """)
      try await database.sealAll()
      try await database.script("analyze; \(LedgerDatabase.line("new", "adjustments", "customer:cus_7"))")
      let block = try await database.int("select block from ledger_head")
      let sql = LedgerAudit.recentSQL.replacing("$1", with: "now() - interval '10 minutes'")
        .replacing("$2", with: "\(block)")
      let plan = try await database.pool.withSession { session in
        try session.transaction {
          try LedgerAudit.begin(session)
          return try session.execute("explain (analyze, buffers, timing off, format json) \(sql)").rows.map {
            try $0.string("QUERY PLAN")
          }.joined()
        }
      }
      for table in ["journal", "accounts", "holds", "account_totals"] {
        let scan = try Regex("\"Node Type\": \"Seq Scan\"[^}]*\"Relation Name\": \"\(table)\"")
        #expect(plan.firstMatch(of: scan) == nil, "\(table) is read as a whole")
      }
      // 20,000 accounts with their lines are on more than a thousand pages.
      let hits = try #require(plan.firstMatch(of: /"Shared Hit Blocks": (\d+)/).flatMap { Int($0.1) })
      let reads = try #require(plan.firstMatch(of: /"Shared Read Blocks": (\d+)/).flatMap { Int($0.1) })
      #expect(hits + reads < 150, "\(hits + reads) blocks were read")
      #expect(try await findings(database, isFull: false).contains("customer:cus_7 (TRX) is off by -5"))
    }
  }

  @Test("everything is compared in steps, and what is written between any two of them is no difference")
  func steps() async throws {
    try await LedgerDatabase.run { database in
      try await prepare(database)
      let run = UUID()
      var last: LedgerFullAudit.Step?
      for number in 0..<20 {
        let step = try await database.pool.withSession { try LedgerFullAudit.step(run, $0) }
        last = step
        if case .ended = step { break }
        try await database.script(
          """
          begin; \(LedgerDatabase.line("s-\(number)"))
          update accounts set available = available + 5, updated_at = now(); commit;
          """)
        if number.isMultiple(of: 2) { try await database.sealAll() }
      }
      guard case .ended(let findings, _, _) = last else {
        Issue.record("it does not come to its end")
        return
      }
      #expect(findings == [])
      #expect(try await database.int("select verified_through from ledger_full_audit") >= 1)
    }
  }

  @Test("a transaction that was open when the check began counts when it commits, whatever its line's number")
  func openTransaction() async throws {
    try await LedgerDatabase.run { database in
      try await prepare(database)
      let slow = database.another()
      // Its number comes first, its commit last.
      try await slow.withSession { session in
        try session.script("begin; \(LedgerDatabase.line("slow"))")
        let other = database
        let run = UUID()
        let isOver = DispatchSemaphore(value: 0)
        Task {
          defer { isOver.signal() }
          try await other.script(LedgerDatabase.line("fast", "adjustments", "customer:cus_b"))
          for _ in 0..<2 { _ = try await other.pool.withSession { try LedgerFullAudit.step(run, $0) } }
        }
        isOver.wait()
        try session.script("update accounts set available = available + 5, updated_at = now(); commit")
        let findings = try LedgerFullAudit.findings(run: run, session)
        // Of the other nobody keeps a balance.
        #expect(findings.map(\.description) == ["customer:cus_b (TRX) is off by -5"])
      }
      await slow.close()
    }
  }

  @Test("a block that was found to hold is looked at again in later nights, and one that does not is, each night")
  func slice() async throws {
    try await LedgerDatabase.run { database in
      try await prepare(database)
      #expect(try await findings(database, isFull: true) == [])
      #expect(try await database.int("select verified_through from ledger_full_audit") == 1)
      try await database.tamper("update journal set body_hash = 'other' where id = 'a'")
      let line = try await database.number("a")
      for _ in 0..<2 {
        #expect(try await findings(database, isFull: true) == ["block 1: line \(line) is not what was sealed"])
      }
      try await database.tamper("update journal set body_hash = 'h' where id = 'a'")
      #expect(try await findings(database, isFull: true) == [])
      try await database.tamper("update ledger_blocks set hash = sha256('other')")
      #expect(try await findings(database, isFull: true).first?.contains("verified before") == true)
    }
  }

  @Test("a line that can come into no block is found by the nightly check, too")
  func slipped() async throws {
    try await LedgerDatabase.run { database in
      try await prepare(database)
      try await database.tamper(
        """
        insert into journal (id, kind, currency, debit, credit, amount, body_hash, created_at, xid)
          values ('slipped', 'credit', 'TRX', 'adjustments', 'revenue', 1, 'h', now(), '3')
        """)
      let found = try await findings(database, isFull: true)
      #expect(found.contains { $0.hasPrefix("1 lines are in no block, and 0 of them will be") }, "\(found)")
    }
  }

  @Test("everything is compared once a night, and when a night was missed")
  func due() {
    let midnight = Date(timeIntervalSince1970: 86_400 * 20_000)
    func isDue(_ hour: Double, ago: Double) -> Bool {
      let now = midnight.addingTimeInterval(hour * 3600)
      return LedgerFullCheck.isDue(last: now.addingTimeInterval(-ago * 3600), now: now)
    }
    #expect(LedgerFullCheck.isDue(last: nil, now: midnight))
    #expect(isDue(2.5, ago: 24) && !isDue(2.5, ago: 1) && !isDue(12, ago: 20) && isDue(12, ago: 27))
  }

  @Test("balances by the journal are those of sealed and unsealed lines")
  func balances() async throws {
    try await LedgerDatabase.run { database in
      try await prepare(database)
      try await database.write("b")
      let balances = try await database.pool.withSession { session in
        try LedgerTotals.balances(of: ["customer:cus_a", "adjustments", "nobody"], .trx, session)
      }
      #expect(balances == ["customer:cus_a": 10, "adjustments": -10])
    }
  }

  /// One line, sealed, and its balance.
  private func prepare(_ database: LedgerDatabase) async throws {
    try await database.script(
      """
      \(LedgerDatabase.line("a"))
      insert into accounts (id, available, held, seq, updated_at) values ('cus_a', 5, 0, 1, now());
      """)
    try await database.sealAll()
  }

  private func findings(_ database: LedgerDatabase, isFull: Bool) async throws -> [String] {
    try await database.pool.withSession { try LedgerAudit.findings(isFull: isFull, $0) }
  }
}
