import Contracts
import Postgres
import TronKit

/// What the database says of custody accounts.
enum CustodyBooks {
  /// The most addresses of one account that are compared.
  static let addressesMax = 20_000

  struct Flow: Sendable, Equatable {
    var coinsIn: Int64 = 0
    var coinsOut: Int64 = 0
    /// Whether coins were booked as come that are no dust: what was there at the beginning, a sweep, a deposit.
    var isOpened = false
  }

  /// What was ever booked to an account, by currency: of the sealed blocks and of the lines behind them, so that it
  /// costs the same however many lines there are. In a transaction that sees one moment (`Bus.lookUp`).
  /// - Throws: `CustodyChain.Unreadable` while the totals are not complete.
  static func flows(_ place: LedgerAccount.Custody, _ session: PostgresSession) throws -> [Currency: Flow] {
    guard try LedgerTotals.isComplete(session) else {
      throw CustodyChain.Unreadable(
        description: "the ledger is not sealed, so the accounts' sums are not known: see energyctl ledger checks")
    }
    // Sealed blocks may hold millions of costs, which are credits: debits are few where it matters.
    let opening = """
      exists (select from journal j where j.debit = $1 and j.currency = parts.currency and j.kind <> 'dust')
      """
    let rows = try session.execute(
      """
      with \(LedgerTotals.tails)
      select currency, sum(debited)::bigint as coins_in, sum(credited)::bigint as coins_out,
        \(place == .deposits ? "true" : opening) as is_opened
      from (
        select currency, debited, credited from account_totals where account = $1
        union all select currency, debited, credited from tails where account = $1) parts
      group by currency
      """, [.text(LedgerAccount.custody(place).name)]
    ).rows
    var flows: [Currency: Flow] = [:]
    for row in rows {
      guard let currency = Currency(rawValue: try row.string("currency")) else { continue }
      flows[currency] = Flow(
        coinsIn: try row.int("coins_in"), coinsOut: try row.int("coins_out"), isOpened: try row.bool("is_opened"))
    }
    return flows
  }

  /// Deposit addresses that have seen money, or the owner's addresses that were ever configured: whoever asks for an
  /// address and pays nothing costs nothing here. One more than the most, where there are more.
  static func addresses(_ place: LedgerAccount.Custody, _ session: PostgresSession) throws -> [TronAddress] {
    guard place != .pool else { return [] }
    let condition = place == .deposits ? "money_since is not null" : "true"
    return try session.execute(
      """
      select id from deposit_addresses where place = $1 and \(condition) order by id limit \(addressesMax + 1)
      """, [.text(place.rawValue)]
    ).rows.map { try TronAddress(parsing: try $0.string("id")) }
  }

  /// The dust that is booked, by `CustodyDustRow.key`.
  static func bookedDust(_ keys: [String], _ session: PostgresSession) throws -> [String: Int64] {
    var booked: [String: Int64] = [:]
    for row in try session.execute("select id, amount from custody_dust where id = any($1)", [.textArray(keys)]).rows {
      booked[try row.string("id")] = try row.int("amount")
    }
    return booked
  }
}
