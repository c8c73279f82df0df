import BusKit
import Contracts
import Postgres
import TronKit

/// Answers to questions about deposits and their addresses.
struct DepositAnswers: Sendable {
  let settings: DepositSettings

  func register(in service: inout Service) {
    let settings = settings
    service.answer(GetDepositAddress.self) { query, bus in
      guard let row = try await Self.address(of: query.customer, bus) else {
        throw QueryFailure(code: "no_deposit_address", message: "\(query.customer) has no deposit address yet")
      }
      return DepositAddressView(address: row.id, minimums: settings.rules.minimums)
    }
    service.answer(GetDeposits.self) { query, bus in
      let limit = try Self.check(query.limit, most: GetDeposits.limitMax)
      return try await bus.lookUp { try Self.deposits(query, limit, $0) }
    }
    service.answer(ListDepositAddresses.self) { query, bus in
      let limit = try Self.check(query.limit, most: ListDepositAddresses.limitMax)
      return try await bus.lookUp { try Self.addresses(query.after, limit, $0) }
    }
    service.answer(GetDepositStatus.self) { _, bus in try await bus.lookUp { try Self.status(settings, $0) } }
  }

  private static func check(_ limit: Int, most: Int) throws -> Int {
    guard (1...most).contains(limit) else {
      throw QueryFailure(code: "invalid_limit", message: "the limit is \(limit): give 1 to \(most)")
    }
    return limit
  }

  /// The latest that a customer was given, unless its key is retired.
  private static func address(of customer: CustomerID, _ bus: Bus) async throws -> DepositAddressRow? {
    try await bus.lookUp { session in
      try session.execute(
        """
        select a.* from deposit_addresses a join deposit_generations g on g.id = a.fingerprint
        where a.customer = $1 and g.retired_at is null order by a.generation desc limit 1
        """, [.text(customer.text)]
      ).rows.first.map { try PostgresRowDecoder().decode(DepositAddressRow.self, from: $0) }
    }
  }

  /// By `deposits_customer`, `deposits_state` or the numbers.
  private static func deposits(_ query: GetDeposits, _ limit: Int, _ session: PostgresSession) throws -> DepositsPage {
    var conditions = ["number < $1"]
    var parameters: [PostgresValue] = [.int(query.before ?? .max)]
    if let customer = query.customer {
      parameters.append(.text(customer.text))
      conditions.append("customer = $\(parameters.count)")
    }
    if let state = query.state {
      parameters.append(.text(state.rawValue))
      conditions.append("state = $\(parameters.count)")
    }
    let rows = try session.execute(
      """
      select * from deposits where \(conditions.joined(separator: " and ")) order by number desc limit \(limit + 1)
      """, parameters
    ).rows
    let views = try rows.prefix(limit).map {
      try PostgresRowDecoder().decode(DepositRow.self, from: $0).view(number: try $0.int("number"))
    }
    return DepositsPage(deposits: views, next: rows.count > limit ? views.last?.number : nil)
  }

  /// By `deposit_addresses_money`.
  private static func addresses(
    _ after: DepositAddressPlace?, _ limit: Int, _ session: PostgresSession
  ) throws -> DepositAddressList {
    let rows = try session.execute(
      """
      select * from deposit_addresses
      where money_since is not null and place = 'deposits' and (generation, index) > ($1, $2)
      order by generation, index limit \(limit + 1)
      """, [.int(after?.generation ?? 0), .int(after?.index ?? -1)]
    ).rows
    let entries: [DepositAddressList.Entry] = try rows.prefix(limit).map {
      let row = try PostgresRowDecoder().decode(DepositAddressRow.self, from: $0)
      guard let generation = row.generation, let index = row.index, let fingerprint = row.fingerprint else {
        throw InvariantViolation("deposit address \(row.id) has no place in a generation")
      }
      return DepositAddressList.Entry(
        address: row.id, place: DepositAddressPlace(generation: generation, index: index), fingerprint: fingerprint,
        customer: row.customer)
    }
    return DepositAddressList(addresses: entries, next: rows.count > limit ? entries.last?.place : nil)
  }

  private static func status(_ settings: DepositSettings, _ session: PostgresSession) throws -> DepositStatusView {
    let rows = try session.execute(
      """
      select g.number as generation,
        (select count(*) from deposit_addresses where stock = $1) as free,
        (select count(*) from deposit_addresses where state <> 'watched' and fingerprint = $1) as unconfirmed,
        (select count(*) from deposit_addresses where customer is not null and fingerprint = $1) as assigned,
        (select count(*) from deposit_addresses where state = 'watched') as watched,
        (select count(*) from deposits where state = 'held') as held,
        (select max(watched_at) from deposit_addresses) as confirmed
      from (select 1) one left join deposit_generations g on g.id = $1
      """, [.text(settings.key?.fingerprint ?? "")]
    ).rows
    guard let row = rows.first else { throw InvariantViolation("Postgres did not count the deposit addresses") }
    let keys = try session.execute(
      "select id, number, retired_at from deposit_generations order by number desc limit \(DepositStatusView.keysMax)"
    ).rows.map {
      DepositKeyView(
        fingerprint: try $0.string("id"), generation: try $0.int("number"),
        retiredAt: try $0.dateIfPresent("retired_at"))
    }
    return DepositStatusView(
      isOn: settings.key != nil, fingerprint: settings.key?.fingerprint, generation: try row.intIfPresent("generation"),
      free: try row.int("free"), unconfirmed: try row.int("unconfirmed"), assigned: try row.int("assigned"),
      watched: try row.int("watched"), treasury: settings.treasury, minimums: settings.rules.minimums,
      held: try row.int("held"), confirmedAt: try row.dateIfPresent("confirmed"), keys: keys)
  }
}

extension DepositRow {
  func view(number: Int64) -> DepositView {
    DepositView(
      id: id, number: number, address: address, sender: sender, customer: customer, money: money, token: token,
      state: state, obstacle: obstacle, txID: txID, blockNumber: blockNumber, blockTime: blockTime, decision: decision)
  }
}
