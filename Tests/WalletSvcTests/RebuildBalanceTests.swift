import BusKit
import Contracts
import Testing
import TronKit

@testable import WalletSvc

@Suite("A balance that is made anew from its lines")
struct RebuildBalanceTests {
  private let customer = CustomerID(text: "cus_a")

  @Test("is told to the audit log, with what it was, in the transaction that changes it")
  func audited() async throws {
    try await LedgerService.run { service in
      try await service.credit(100, customer)
      try await service.sql("update accounts set available = 101 where id = 'cus_a'")
      let command = RebuildLedgerBalance(account: "customer:cus_a", action: service.action("k"))
      let rebuilt = try await service.client.command(command, answer: CommandResult.self)
      #expect(rebuilt?.code == "done")
      #expect(rebuilt?.detail.hasPrefix("available 0.000101 TRX → 0.0001 TRX") == true, "\(rebuilt?.detail ?? "")")
      // Both are of the transaction's moment; messages say it in milliseconds.
      let told = """
        select count(*) from outbox o, accounts a where o.type = 'gateway.OperatorActed'
          and convert_from(o.body, 'UTF8') like '%RebuildLedgerBalance%' and a.id = 'cus_a'
          and abs(extract(epoch from o.created_at - a.updated_at)) < 0.001
        """
      #expect(try await service.int(told) == 1)
    }
  }
}
