import Contracts
import Foundation
import Postgres
import Testing

@testable import WalletSvc

@Suite("Statements")
struct StatementTests {
  @Test("of two periods that follow each other, one's closing balance is the other's opening")
  func periods() async throws {
    try await LedgerDatabase.run { database in
      for day in 1...9 {
        let (debit, credit) = day % 3 == 0 ? ("customer:cus_a", "revenue") : ("adjustments", "customer:cus_a")
        try await database.script(
          LedgerDatabase.line("d-\(day)", debit, credit, day, at: "'2026-01-0\(day)T00:00:00Z'"))
      }
      let moments = [1, 4, 7, 10].map { Date(timeIntervalSince1970: 1_767_225_600 + Double($0 - 1) * 86_400) }
      var balance: Int64 = 0
      for (from, to) in zip(moments, moments.dropFirst()) {
        let page = try await database.pool.withSession { session in
          try StatementReader.page(
            GetLedgerStatement(
              account: "customer:cus_a", currency: .trx, from: from, to: to, after: nil, limit: 100), session)
        }
        #expect(page.opening == balance)
        #expect(page.lines.count == 3 && page.lines.allSatisfy { $0.at >= from && $0.at < to })
        balance += page.lines.reduce(0) { $0 + $1.amount }
      }
      #expect(balance == 1 + 2 - 3 + 4 + 5 - 6 + 7 + 8 - 9)
      let usdt = try await database.pool.withSession { session in
        try StatementReader.page(
          GetLedgerStatement(
            account: "customer:cus_a", currency: .usdt, from: nil, to: nil, after: nil, limit: 100), session)
      }
      #expect(usdt.lines.isEmpty && usdt.opening == 0)
    }
  }

  @Test("of a recent period needs no line from before it, and adds up as any other")
  func recent() async throws {
    try await LedgerDatabase.run { database in
      for day in 1...8 {
        try await database.script(LedgerDatabase.line("d-\(day)", at: "'2026-01-0\(day)T00:00:00Z'"))
        try await database.sealAll()
        try await database.tamper(
          "update ledger_blocks set sealed_at = '2026-01-0\(day)T00:00:01Z' where number = \(day)")
      }
      try await database.script(
        LedgerDatabase.line("d-9", "customer:cus_a", "revenue", 2, at: "'2026-01-09T00:00:00Z'"))
      let read = { (day: Double) in
        try await database.pool.withSession { session in
          try StatementReader.page(
            GetLedgerStatement(
              account: "customer:cus_a", currency: .trx,
              from: Date(timeIntervalSince1970: 1_767_225_600 + day * 86_400), to: nil, after: nil, limit: 100),
            session)
        }
      }
      for day in 0...9 {
        let page = try await read(Double(day))
        #expect(page.opening == Int64(min(day, 8) * 5 - (day > 8 ? 2 : 0)), "day \(day)")
        #expect(page.lines.count == 9 - day)
      }
      try await database.tamper("delete from journal where id in ('d-1', 'd-2')")
      #expect(try await read(7).opening == 35)
      #expect(try await read(2).opening == 0, "an early one is summed from the lines before it")
    }
  }
}
