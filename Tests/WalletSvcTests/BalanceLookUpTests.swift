import BusKit
import Contracts
import Postgres
import Testing
import TronKit

@testable import WalletSvc

@Suite("Customers' balances", .timeLimit(.minutes(1)))
struct BalanceLookUpTests {
  @Test("that are asked for together are each customer's own, in both currencies, and nothing for a stranger")
  func together() async throws {
    try await withWalletBus { bus, _, _ in
      _ = try await bus.read { session in
        try session.execute(
          """
          insert into accounts (id, currency, available, held, seq, updated_at)
            select 'cus_' || n, 'TRX', n, n + 1, 1, now() from generate_series(1, 200) n
            union all select 'cus_' || n || '/USDT', 'USDT', n + 2, 0, 1, now() from generate_series(1, 100) n
          """)
      }
      let balances = BalanceLookUps()
      try await withThrowingTaskGroup(of: (Int64, CustomerBalance).self) { group in
        for number in Int64(1)...300 {
          group.addTask { (number, try await balances.balance(of: CustomerID(text: "cus_\(number)"), bus)) }
        }
        for try await (number, found) in group {
          let expected =
            number > 200
            ? CustomerBalance.nothing
            : CustomerBalance(available: Sun(number), held: Sun(number + 1), usdt: number > 100 ? 0 : number + 2)
          #expect(found == expected, "customer \(number)")
        }
      }
    }
  }
}
