import ArgumentParser
import BusKit
import Contracts
import Foundation

struct LedgerStatementCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "statement", abstract: "An account's movements between its opening and its closing balance.",
    discussion: """
      A customer's id stands for what it can spend; held:cus_… is what is set aside. The end of one period is the \
      beginning of the next: a moment given with --to is not in the statement any more.
      """)
  @Argument(help: "A customer (cus_…) or an account, such as revenue or custody:pool.") var account: String
  @Option(help: "TRX or USDT.") var currency = "TRX"
  @Option(help: "From this moment on, e.g. 2026-01-01T00:00:00Z, or so long ago: 30d.") var from: String?
  @Option(help: "Before this moment. Default: to the end.") var to: String?
  @Flag(help: "CSV with a heading, for spreadsheets.") var csv = false
  @OptionGroup var bus: BusOptions

  func query(now: Date = Date()) throws -> GetLedgerStatement {
    guard let money = Currency(rawValue: currency.uppercased()) else {
      throw ValidationError("--currency is '\(Words.safe(currency))': give TRX or USDT")
    }
    let begin = try from.map { try Limits.moment($0, "--from", now: now) }
    let end = try to.map { try Limits.moment($0, "--to", now: now) }
    if let begin, let end, begin >= end {
      throw ValidationError("--from \(from ?? "") is not before --to \(to ?? "")")
    }
    return GetLedgerStatement(
      account: try AccountArgument.name(account), currency: money, from: begin, to: end, after: nil,
      limit: GetLedgerStatement.limitMax)
  }

  func run() async throws {
    let first = try query()
    var statement = Statement(account: first.account, currency: first.currency, isCSV: csv)
    var after: Int64?
    while true {
      let query = GetLedgerStatement(
        account: first.account, currency: first.currency, from: first.from, to: first.to, after: after,
        limit: first.limit)
      let page = try await bus.ask(query, within: .seconds(60))
      for line in try statement.add(page) { print(line, terminator: csv ? "\r\n" : "\n") }
      guard page.hasMore, let last = page.lines.last else { break }
      after = last.number
    }
    if !csv { print(statement.closing) }
  }
}

/// A statement as its pages come: running balances are computed here.
struct Statement {
  let account: String
  let currency: Currency
  let isCSV: Bool
  private(set) var balance: Int64?

  init(account: String, currency: Currency, isCSV: Bool) {
    self.account = account
    self.currency = currency
    self.isCSV = isCSV
  }

  private static let columns = [
    "time", "kind", "id", "counter_account", "amount", "balance", "currency", "order", "actor", "reason",
  ]

  mutating func add(_ page: LedgerStatementPage) throws -> [String] {
    var lines: [String] = []
    var balance = self.balance ?? 0
    if self.balance == nil {
      balance = page.opening ?? 0
      lines += isCSV ? [CSV.row(Self.columns)] : ["\(account), opening balance \(Money(balance, currency))"]
      if isCSV { lines.append(row("", "opening_balance", "", "", "", balance, "", "", "")) }
    }
    for line in page.lines {
      let (sum, overflow) = balance.addingReportingOverflow(line.amount)
      guard !overflow else { throw ValidationError("the balance does not fit 64 bits at line \(line.number)") }
      balance = sum
      lines.append(text(line, balance))
    }
    if isCSV, !page.hasMore { lines.append(row("", "closing_balance", "", "", "", balance, "", "", "")) }
    self.balance = balance
    return lines
  }

  var closing: String { "closing balance \(Money(balance ?? 0, currency))" }

  private func text(_ line: LedgerStatementLine, _ balance: Int64) -> String {
    let amount = Money(line.amount, currency).decimal
    let (time, order) = (MessageCoder.timestamp(line.at), line.order?.text ?? "")
    if isCSV {
      return row(
        time, line.kind, line.id, line.counterAccount, amount, balance, order, line.actor ?? "", line.reason ?? "")
    }
    let agreed = line.approvedBy.map { " (\(Words.safe($0)) agreed)" } ?? ""
    let why = line.actor.map { "  \(Words.safe($0)): \(Words.safe(line.reason ?? ""))\(agreed)" } ?? ""
    return "\(time)  \(line.kind)  \(amount)  = \(Money(balance, currency).decimal)  \(line.counterAccount)  "
      + "\(Words.safe(line.id))\(why)"
  }

  private func row(
    _ time: String, _ kind: String, _ id: String, _ counter: String, _ amount: String, _ balance: Int64,
    _ order: String, _ actor: String, _ reason: String
  ) -> String {
    CSV.row(
      [time, CSV.text(kind), CSV.text(id), CSV.text(counter), amount, Money(balance, currency).decimal]
        + [currency.rawValue, CSV.text(order), CSV.text(actor), CSV.text(reason)])
  }
}

/// RFC 4180.
enum CSV {
  /// Without the line's end, which is CR LF.
  static func row(_ fields: [String]) -> String { fields.map(quoted).joined(separator: ",") }

  private static func quoted(_ field: String) -> String {
    guard field.unicodeScalars.contains(where: { "\",\r\n".unicodeScalars.contains($0) }) else { return field }
    return "\"" + field.replacing("\"", with: "\"\"") + "\""
  }

  /// What people wrote: spreadsheets run what begins like a formula, so an apostrophe makes it text.
  static func text(_ field: String) -> String {
    guard let first = field.unicodeScalars.first, "=+-@\t\r\n".unicodeScalars.contains(first) else { return field }
    return "'" + field
  }
}
