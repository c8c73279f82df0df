import BusKit
import Contracts
import Postgres

/// Answers to questions about balances and addresses.
struct WalletAnswers: Sendable {
  let chain: ChainAccounts

  func register(in service: inout Service) {
    let chain = chain
    let balances = BalanceLookUps()
    service.answer(GetBalance.self) { query, bus in try await balances.balance(of: query.customer, bus) }
    service.answer(GetAddresses.self) { query, bus in
      try await bus.read { session in
        let row = try session.execute(
          "select * from address_books where id = $1", [.text(query.customer.text)]
        ).rows.first
        guard let row else { return SavedAddresses(addresses: []) }
        return SavedAddresses(addresses: try PostgresRowDecoder().decode(AddressBookRow.self, from: row).addresses)
      }
    }
    service.answer(GetChainAccount.self) { query, bus in
      try await chain.account(
        query.address, store: BusChainStore(bus: bus), logger: bus.logger, metrics: bus.metrics)
    }
  }
}
