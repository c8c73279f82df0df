import Foundation
import Postgres

/// What Postgres has, read with SQL of its own: none of the service's code.
struct LedgerEvidence: Sendable {
  struct Hold: Sendable, Equatable {
    let state: String
    let captured: Int64
  }

  /// What the journal's lines make of each account, by `currency account`.
  var journal: [String: Int64] = [:]
  /// The balances that are kept beside it, by the same names.
  var kept: [String: Int64] = [:]
  var holds: [String: Hold] = [:]
  /// The lines of the answer to each message, in alphabetical order.
  var answers: [UUID: [String]] = [:]
  /// What a statement alone can find wrong.
  var oddities: [LedgerFinding] = []

  static func read(_ session: PostgresSession) throws -> LedgerEvidence {
    var evidence = LedgerEvidence()
    for row in try session.execute(totals).rows { evidence.journal[try row.string("account")] = try row.int("total") }
    for row in try session.execute(balances).rows { evidence.kept[try row.string("account")] = try row.int("balance") }
    for row in try session.execute("select id, state, captured from holds").rows {
      evidence.holds[try row.string("id")] = Hold(state: try row.string("state"), captured: try row.int("captured"))
    }
    for row in try session.execute(said).rows {
      guard let id = UUID(uuidString: try row.string("causation")) else { continue }
      evidence.answers[id] = try row.strings("lines")
    }
    for (kind, statement) in looks {
      for row in try session.execute(statement).rows {
        let subject = try row.string("subject")
        evidence.oddities.append(LedgerFinding(kind, of: subject, "\(subject) \(try row.string("what"))"))
      }
    }
    return evidence
  }

  private static let moves = """
    select number, xid, currency, credit as account, amount from journal
    union all select number, xid, currency, debit, -amount from journal
    """

  private static let totals = """
    select currency || ' ' || account as account, sum(amount)::bigint as total from (\(moves)) m group by 1
    """

  private static let balances = """
    select currency || ' customer:' || split_part(id, '/', 1) as account, available as balance from accounts
    union all select currency || ' held:' || split_part(id, '/', 1), held from accounts
    """

  /// Numbers of events are left out: an answer that is repeated has the same one, and that is looked at by itself.
  private static let said = """
    select causation, array_agg(line order by line collate "C") as lines from (
      select causation, concat_ws(' ', split_part(type, '.', 2), j ->> 'amount', j ->> 'reason', j ->> 'available',
        j ->> 'captured', j ->> 'released', j ->> 'code') as line
      from (select causation, type, convert_from(body, 'UTF8')::jsonb as j from outbox) o) l
    group by causation
    """

  /// Lines of one transaction are numbered by their ids, not in the order in which they came about: what counts is
  /// where each transaction leaves an account.
  private static let looks: [(LedgerFinding.Kind, String)] = [
    (
      .sum, """
      select currency as subject, 'sums to ' || sum(amount) as what from (\(moves)) m
      group by currency having sum(amount) <> 0
      """
    ),
    (
      .negative, """
      select account as subject, 'is at ' || min(balance) || ' ' || currency || ' after a transaction' as what from (
        select account, currency, sum(sum(amount)) over (partition by account, currency order by min(number)) as balance
        from (\(moves)) m where account like 'customer:%' or account like 'held:%'
        group by account, currency, xid) b
      where balance < 0 group by account, currency
      """
    ),
    (
      .settledTwice, """
      select order_id as subject, 'is settled by ' || string_agg(cause, ', ') as what from (
        select distinct order_id, split_part(id, '/', 1) as cause from journal
        where kind in ('capture', 'release')) s
      group by order_id having count(*) > 1
      """
    ),
    (
      .settlement, """
      select order_id as subject, 'had ' || held || ' held and ' || settled || ' settled' as what from (
        select j.order_id, coalesce(sum(j.amount) filter (where kind = 'hold'), 0) as held,
          coalesce(sum(j.amount) filter (where kind in ('capture', 'release')), 0) as settled,
          h.state
        from journal j left join holds h on h.id = j.order_id where kind in ('hold', 'capture', 'release')
        group by j.order_id, h.state) s
      where settled <> (case when state in ('captured', 'released') then held else 0 end) or held = 0
      """
    ),
    (
      .eventNumber, """
      select j ->> 'customer' as subject, 'gave the number ' || (j ->> 'seq') || ' to two events' as what
      from (select distinct convert_from(body, 'UTF8')::jsonb as j, type from outbox where topic = 'wallet.events') o
      group by j ->> 'customer', coalesce(j -> 'money' ->> 'currency', 'TRX'), j ->> 'seq' having count(*) > 1
      """
    ),
  ]
}
