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
}
