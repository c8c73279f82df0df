import BusKit
import Contracts
import Postgres
import TronKit

/// Answers to questions about balances and addresses.
struct WalletAnswers: Sendable {
  let chain: ChainAccounts

  func register(in service: inout Service) {
    let chain = chain
    service.answer(GetBalance.self) { query, bus in
      try await bus.read { session in
        let rows = try session.execute(
          "select currency, available, held from accounts where id = any($1)",
          [.textArray(Currency.allCases.map { AccountRow.key(query.customer, $0) })]
        ).rows
        let balances = try rows.reduce(into: [:]) { $0[try $1.string("currency")] = ($1) }
        let (trx, usdt) = (balances[Currency.trx.rawValue], balances[Currency.usdt.rawValue])
        return CustomerBalance(
          available: Sun(try trx?.int("available") ?? 0), held: Sun(try trx?.int("held") ?? 0),
          usdt: try usdt?.int("available") ?? 0)
      }
    }
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
