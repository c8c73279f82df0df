import Contracts
import Postgres
import TronKit

/// What wallet-svc has in its tables.
struct DepositRecords: Sendable {
  struct Row: Sendable {
    let txID: String
    let address: String
    let customer: String?
    let money: String
    let state: String
  }

  struct Line: Sendable {
    let id: String
    let kind: String
    let account: String
    let amount: Int64
  }

  var rows: [Row] = []
  /// Lines of the journal that give money to somebody because it came from outside.
  var arrivals: [Line] = []
  /// By `currency account`.
  var totals: [String: Int64] = [:]
  var balances: [String: Int64] = [:]

  static func read(_ session: PostgresSession) throws -> DepositRecords {
    var records = DepositRecords()
    try session.enqueue("set local search_path to wallet_svc")
    records.rows = try session.execute("select * from deposits").rows.map { row in
      let money = "\(try row.intIfPresent("amount") ?? 0) \(try row.stringIfPresent("currency") ?? "?")"
      return Row(
        txID: try row.string("tx_id"), address: try row.string("address"),
        customer: try row.stringIfPresent("customer"), money: money, state: try row.string("state"))
    }
    records.arrivals = try session.execute(
      """
      select id, kind, currency || ' ' || credit as account, amount from journal
      where kind in ('deposit', 'deposit_held', 'funding')
      """
    ).rows.map {
      Line(
        id: try $0.string("id"), kind: try $0.string("kind"), account: try $0.string("account"),
        amount: try $0.int("amount"))
    }
    for row in try session.execute(
      """
      select currency || ' ' || account as account, sum(amount)::bigint as total from (
        select currency, credit as account, amount from journal
        union all select currency, debit, -amount from journal) m group by 1
      """
    ).rows { records.totals[try row.string("account")] = try row.int("total") }
    for row in try session.execute(
      "select currency || ' customer:' || split_part(id, '/', 1) as account, available from accounts"
    ).rows { records.balances[try row.string("account")] = try row.int("available") }
    return records
  }
}

/// Compares the tables with the chain.
enum DepositChecker {
  /// What is wrong; empty when nothing is.
  static func findings(_ records: DepositRecords, _ truth: DepositTruth) -> [String] {
    rows(records, truth) + lines(records, truth) + balances(records, truth) + custody(records, truth)
  }

  private static func rows(_ records: DepositRecords, _ truth: DepositTruth) -> [String] {
    var findings: [String] = []
    let byTransaction = Dictionary(grouping: records.rows, by: \.txID)
    for (id, deposit) in truth.deposits {
      let right = describe(deposit)
      let found = (byTransaction[id] ?? []).map { row in
        "\(row.state) \(row.money) at \(row.address)" + (row.state == "credited" ? " for \(row.customer ?? "?")" : "")
      }
      if found.isEmpty { findings.append("missed: \(id), \(right)") }
      if found.count > 1 { findings.append("noted twice: \(id), \(found)") }
      if found.count == 1, found[0] != right { findings.append("noted wrong: \(id) is \(right), and was \(found[0])") }
    }
    for id in byTransaction.keys where truth.deposits[id] == nil {
      findings.append("\(truth.ownTransactions.contains(id) ? "our own" : "no deposit"): \(id)")
    }
    return findings
  }

  private static func describe(_ deposit: DepositTruth.Deposit) -> String {
    let money = "\(deposit.money.amount) \(deposit.money.currency.rawValue) at \(deposit.address.base58)"
    return switch deposit.verdict {
    case .credited(let customer): "credited \(money) for \(customer)"
    case .held: "held \(money)"
    case .funding: "funding \(money)"
    }
  }

  /// Each deposit has one line, of its amount, to the account it belongs to.
  private static func lines(_ records: DepositRecords, _ truth: DepositTruth) -> [String] {
    var findings: [String] = []
    let lines = Dictionary(grouping: records.arrivals) { line in
      String(line.id.split(separator: ":").dropFirst().joined(separator: ":").prefix(64))
    }
    for (id, deposit) in truth.deposits {
      let account =
        switch deposit.verdict {
        case .credited(let customer): "customer:\(customer)"
        case .held: "deposits_in_flight"
        case .funding: "adjustments"
        }
      let right = "\(deposit.money.currency.rawValue) \(account) +\(deposit.money.amount)"
      let found = (lines[id] ?? []).map { "\($0.account) +\($0.amount)" }
      if found.count > 1 { findings.append("posted twice: \(id), \(found)") }
      if found != [right], found.count <= 1 { findings.append("posted wrong: \(id) as \(found), right is \(right)") }
    }
    for id in lines.keys where truth.deposits[id] == nil { findings.append("posted for nothing: \(id)") }
    return findings
  }

  private static func balances(_ records: DepositRecords, _ truth: DepositTruth) -> [String] {
    var right: [String: Int64] = [:]
    for deposit in truth.deposits.values {
      guard case .credited(let customer) = deposit.verdict else { continue }
      right["\(deposit.money.currency.rawValue) customer:\(customer)", default: 0] += deposit.money.amount
    }
    return Set(right.keys).union(records.balances.keys).compactMap { account in
      let (found, right) = (records.balances[account] ?? 0, right[account] ?? 0)
      return found == right ? nil : "balance: \(account) has \(found), right is \(right)"
    }
  }

  private static func custody(_ records: DepositRecords, _ truth: DepositTruth) -> [String] {
    truth.custody.compactMap { account, right in
      let found = -(records.totals[account] ?? 0)
      return found == right ? nil : "custody: \(account) has \(found) by the journal, \(right) on chain"
    }
  }
}
