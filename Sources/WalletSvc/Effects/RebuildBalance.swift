import BusKit
import Contracts
import Postgres

/// Makes what is kept beside the journal anew from it: an account's total in the sealed blocks and, for a customer,
/// the two balances.
struct RebuildBalance: Effect {
  static let kind = "wallet.RebuildBalance"
  /// By name.
  let account: String
  let action: OperatorAction
  let replyTo: String
  let correlation: String
  var orderKey: String { "rebuild:\(account)" }

  /// A customer that is busy changes between the reading and the writing; then both are done again.
  private static let triesMax = 20
  /// So many numbers of lines are looked through by one statement: a second, where all are the account's.
  private static let linesMax: Int64 = 2_000_000

  static func register(in service: inout Service) {
    service.effect(
      RebuildBalance.self, policy: EffectPolicy(attemptsMax: 5, timeout: .seconds(300), concurrency: 1)
    ) { effect, context in
      let customer = LedgerAccount(parsing: effect.account)?.customer
      let names =
        customer.map { [LedgerAccount.available($0).name, LedgerAccount.held($0).name] } ?? [effect.account]
      guard try await rebuildTotals(names, context.bus) else {
        return effect.refusal(
          "sealing_stopped", "totals cannot be made anew while nothing is sealed: see `energyctl ledger checks`")
      }
      guard let customer else {
        let detail = "the total of \(effect.account) is that of its lines"
        return .done { unit in
          try effect.audit(detail, unit)
          try effect.reply(detail, unit)
        }
      }
      for _ in 0..<triesMax {
        let seen = try await context.bus.lookUp { try Seen.read(customer, $0) }
        if let negative = seen.negative {
          return effect.refusal(
            "journal_negative", "the journal itself has \(negative): post an adjustment, then rebuild")
        }
        // What the balances were is known here alone: the audit log is told in the same transaction.
        let detail = try await context.transaction(needs: Currency.allCases.map { Ledger.needs(customer, $0) }) {
          unit -> String? in
          guard let words = try seen.write(customer, unit) else { return nil }
          let detail = "\(words.isEmpty ? "balances were right" : words) (\(customer))"
          try effect.audit(detail, unit)
          return detail
        }
        if let detail { return .done { try effect.reply(detail, $0) } }
      }
      return .retry(after: .seconds(1), reason: "the account of \(customer) changes all the time")
    }
  }

  /// Gateway keeps the first of one command: whoever runs this again, after a crash, adds nothing.
  private func audit(_ detail: String, _ unit: UnitOfWork) throws {
    try unit.audit(
      RebuildLedgerBalance.messageType, of: ServiceName.wallet, on: account, action, outcome: detail,
      correlation: correlation)
  }

  private func reply(_ detail: String, _ unit: UnitOfWork) throws {
    try unit.reply(CommandResult(ok: true, code: "done", detail: detail), to: replyTo, correlation: correlation)
  }

  private func refusal(_ code: String, _ detail: String) -> EffectOutcome {
    .done { try $0.reply(CommandResult(ok: false, code: code, detail: detail), to: replyTo, correlation: correlation) }
  }

  /// Sets the totals of sealed blocks to the sums of their lines. False: sealing has stopped, so that nobody can say
  /// which lines are in blocks.
  private static func rebuildTotals(_ accounts: [String], _ bus: Bus) async throws -> Bool {
    let settled = try await bus.lookUp { try SettledLines.now($0) }
    var sums = AccountSums()
    var after: Int64 = 0
    while after < settled.last {
      let (first, last) = (after, min(settled.last, after + linesMax))
      let page = try await bus.lookUp { session in
        try session.patiently { try AccountSums.read(accounts, settled, after: first, through: last, session) }
      }
      sums.add(page)
      after = last
    }
    let all = sums
    return try await bus.read { session in try session.patiently { try write(all, accounts, settled, session) } }
  }

  /// While nobody seals, and so with what came since alone, however many lines the accounts have.
  private static func write(
    _ sums: AccountSums, _ accounts: [String], _ settled: SettledLines, _ session: PostgresSession
  ) throws -> Bool {
    try session.transaction {
      try session.enqueue("select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)")
      guard let head = try SealHead.lock(waits: true, session), head.trouble.isEmpty, !head.isOpening else {
        return false
      }
      // A new statement for a new moment: nobody can have sealed since it.
      try session.enqueue(
        """
        with \(SettledLines.since), \(LedgerTotals.tails),
        lines as (
          select account, currency, credited, debited
            from unnest($5::text[], $6::text[], $7::text[]::numeric[], $8::text[]::numeric[])
              as sums (account, currency, credited, debited)
          union all select credit, currency, amount, 0 from since where credit = any($4)
          union all select debit, currency, 0, amount from since where debit = any($4)
          union all select account, currency, -credited, -debited from tails where account = any($4)
          union all select account, currency, 0, 0 from account_totals where account = any($4))
        insert into account_totals as t (account, currency, total, credited, debited, through_block)
          select account, currency, sum(credited) - sum(debited), sum(credited), sum(debited), $9 from lines
          group by account, currency
        on conflict (account, currency) do update
          set total = excluded.total, credited = excluded.credited, debited = excluded.debited,
            through_block = excluded.through_block
          where (t.total, t.credited, t.debited) <> (excluded.total, excluded.credited, excluded.debited)
        """,
        settled.parameters + [
          .textArray(accounts), .textArray(sums.rows.map(\.account)), .textArray(sums.rows.map(\.currency)),
          .textArray(sums.rows.map(\.credited)), .textArray(sums.rows.map(\.debited)), .int(head.block),
        ])
      return true
    }
  }

  /// Sums over pages of lines; an account may be in several.
  private struct AccountSums: Sendable {
    /// As text: a sum of many lines may be beyond 64 bits.
    var rows: [(account: String, currency: String, credited: String, debited: String)] = []

    mutating func add(_ other: AccountSums) { rows += other.rows }

    /// Uses journal_credit and journal_debit.
    static func read(
      _ accounts: [String], _ settled: SettledLines, after: Int64, through: Int64, _ session: PostgresSession
    ) throws -> AccountSums {
      let rows = try session.execute(
        """
        select account, currency, sum(credited)::text as credited, sum(debited)::text as debited from (
          select a.account, j.currency, j.amount as credited, 0 as debited from unnest($3::text[]) as a (account)
            join journal j on j.credit = a.account and j.number > $4 and j.number <= $5
            where \(SettledLines.condition)
          union all select a.account, j.currency, 0, j.amount from unnest($3::text[]) as a (account)
            join journal j on j.debit = a.account and j.number > $4 and j.number <= $5
            where \(SettledLines.condition)) lines
        group by account, currency
        """,
        Array(settled.parameters.prefix(2)) + [.textArray(accounts), .int(after), .int(through)]
      ).rows
      return AccountSums(
        rows: try rows.map {
          (
            try $0.string("account"), try $0.string("currency"), try $0.string("credited"), try $0.string("debited")
          )
        })
    }
  }

  /// What one moment shows of a customer.
  private struct Seen: Sendable {
    var rows: [Currency: AccountRow] = [:]
    var available: [Currency: Int64] = [:]
    var held: [Currency: Int64] = [:]

    var negative: String? {
      for (name, balances) in [("available", available), ("held", held)] {
        for (currency, amount) in balances where amount < 0 { return "\(Money(amount, currency)) \(name)" }
      }
      return nil
    }

    static func read(_ customer: CustomerID, _ session: PostgresSession) throws -> Seen {
      var seen = Seen()
      for currency in Currency.allCases {
        let key = AccountRow.key(customer, currency)
        seen.rows[currency] = try session.execute("select * from accounts where id = $1", [.text(key)]).rows.first
          .map { try PostgresRowDecoder().decode(AccountRow.self, from: $0) }
        seen.available[currency] = try sum(.available(customer), currency, session)
        seen.held[currency] = try sum(.held(customer), currency, session)
      }
      return seen
    }

    private static func sum(
      _ account: LedgerAccount, _ currency: Currency, _ session: PostgresSession
    ) throws -> Int64 {
      try session.execute(
        """
        select (coalesce((select sum(amount) from journal where credit = $1 and currency = $2), 0)
          - coalesce((select sum(amount) from journal where debit = $1 and currency = $2), 0))::bigint as total
        """, [.text(account.name), .text(currency.rawValue)]
      ).rows.first?.int("total") ?? 0
    }

    /// What was changed, in words; nil when the account is no longer what was seen, and nothing is written.
    func write(_ customer: CustomerID, _ unit: UnitOfWork) throws -> String? {
      var words: [String] = []
      for currency in Currency.allCases {
        let row = try unit.find(AccountRow.self, AccountRow.key(customer, currency))
        guard row == rows[currency] else { return nil }
        var funds = row?.funds ?? CustomerFunds()
        let (available, held) = (available[currency] ?? 0, held[currency] ?? 0)
        guard funds.available != available || funds.held != held else { continue }
        words.append(
          "available \(Money(funds.available, currency)) → \(Money(available, currency)), "
            + "held \(Money(funds.held, currency)) → \(Money(held, currency))")
        funds.available = available
        funds.held = held
        funds.seq += 1
        try Ledger.save(funds, of: customer, currency, unit)
      }
      return words.joined(separator: "; ")
    }
  }
}
