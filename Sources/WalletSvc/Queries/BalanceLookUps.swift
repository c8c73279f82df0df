import BusKit
import Contracts
import Postgres
import TronKit

/// Customers' balances. Those that are asked for while others are being read wait for them and are then read together,
/// in one statement: thousands of questions a second take a few hundred round trips.
struct BalanceLookUps: Sendable {
  private let lookUps = LookUps<CustomerID, CustomerBalance>(
    readsMax: 2, keysMax: 256, { try await BalanceLookUps.read($0, $1) })

  func balance(of customer: CustomerID, _ bus: Bus) async throws -> CustomerBalance {
    try await lookUps.read(customer, bus) ?? .nothing
  }

  /// Walks the primary key.
  private static func read(_ customers: Set<CustomerID>, _ bus: Bus) async throws -> [CustomerID: CustomerBalance] {
    let keys = customers.flatMap { customer in Currency.allCases.map { AccountRow.key(customer, $0) } }
    let results = try await bus.lookUp([
      ("select id, available, held from accounts where id = any($1)", [.textArray(keys)])
    ])
    var amounts: [String: (available: Int64, held: Int64)] = [:]
    for row in results.flatMap(\.rows) {
      amounts[try row.string("id")] = (try row.int("available"), try row.int("held"))
    }
    var found: [CustomerID: CustomerBalance] = [:]
    for customer in customers {
      let trx = amounts[AccountRow.key(customer, .trx)] ?? (0, 0)
      let usdt = amounts[AccountRow.key(customer, .usdt)] ?? (0, 0)
      found[customer] = CustomerBalance(available: Sun(trx.available), held: Sun(trx.held), usdt: usdt.available)
    }
    return found
  }
}

extension CustomerBalance {
  /// Of a customer that nobody has seen yet.
  static let nothing = CustomerBalance(available: .zero, held: .zero)
}
