import BusKit
import Contracts
import Postgres
import TronKit

/// Customers' balances. Those that are asked for while others are being read wait for them and are then read together,
/// in one statement: thousands of questions a second take a few hundred round trips.
struct BalanceLookUps: Sendable {
  private struct Wish: Sendable {
    let customer: CustomerID
    let bus: Bus
  }

  /// nil: ask alone.
  private let gathering: Gathering<Wish, Result<CustomerBalance, any Error>?>

  init() {
    gathering = Gathering(leadersMax: 2, itemsMax: 256) { wishes in
      guard let bus = wishes.first?.bus else { return { _ in nil } }
      do {
        let found = try await Self.read(Set(wishes.map(\.customer)), bus)
        return { .success(found[wishes[$0].customer] ?? .nothing) }
      } catch {
        // Of several each asks alone: the error may be the leader's end.
        return { _ in wishes.count == 1 ? .failure(error) : nil }
      }
    }
  }

  func balance(of customer: CustomerID, _ bus: Bus) async throws -> CustomerBalance {
    if let result = await gathering.answer(Wish(customer: customer, bus: bus)) { return try result.get() }
    return try await Self.read([customer], bus)[customer] ?? .nothing
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
