/// Something wrong put into a sound ledger, to see whether the checker names it.
struct PlantedMistake: Sendable {
  let name: String
  /// What the checker has to say, at the least.
  let kind: LedgerFinding.Kind
  /// Carried out with the tables' own guards taken off.
  let sql: String

  private init(_ name: String, _ kind: LedgerFinding.Kind, _ sql: String) {
    self.name = name
    self.kind = kind
    self.sql = sql
  }

  private static let columns =
    "kind, currency, debit, credit, amount, order_id, customer, action, body_hash, created_at"

  /// One line again under another id.
  private static func again(_ condition: String) -> String {
    """
    insert into journal (id, \(columns))
    select id || '~', \(columns) from journal where \(condition) order by number limit 1
    """
  }

  private static func one(_ condition: String) -> String {
    "number = (select number from journal where \(condition) order by number limit 1)"
  }

  static let all: [PlantedMistake] = [
    PlantedMistake(
      "a capture is lost", .settlement, "delete from journal where \(one("kind = 'capture' and credit = 'revenue'"))"),
    PlantedMistake("a hold is lost", .balance, "delete from journal where \(one("kind = 'hold'"))"),
    PlantedMistake("a release is made twice", .settledTwice, again("kind = 'release'")),
    PlantedMistake("a capture is made twice", .settledTwice, again("kind = 'capture'")),
    PlantedMistake(
      "a hold is captured and released", .settledTwice,
      """
      insert into journal (id, \(columns))
      select 'release:' || order_id, 'release', currency, debit, 'customer:' || customer, amount, order_id, customer,
        action, body_hash, created_at
      from journal where \(one("kind = 'capture'"))
      """),
    PlantedMistake(
      "a line's amount is altered", .balance, "update journal set amount = amount + 1 where \(one("kind = 'credit'"))"),
    PlantedMistake(
      "a line goes to somebody else", .balance,
      """
      update journal j set credit = (select min(credit) from journal where kind = 'credit' and credit <> j.credit)
      where \(one("kind = 'credit'"))
      """),
    PlantedMistake(
      "a line is in another currency", .balance,
      "update journal set currency = 'USDT' where \(one("kind = 'hold'"))"),
    PlantedMistake(
      "a credit is made twice, balance and all", .balance,
      """
      with doubled as (\(again("kind = 'credit'")) returning customer, amount)
      update accounts set available = available + amount from doubled where accounts.id = doubled.customer
      """),
    PlantedMistake(
      "a cost is booked twice", .balance, again("kind = 'cost'")),
    PlantedMistake(
      "a balance is kept too high by one", .cache,
      "update accounts set available = available + 1 where id = (select min(id) from accounts)"),
    PlantedMistake(
      "what is held is kept too high by one", .cache,
      "update accounts set held = held + 1 where id = (select min(id) from accounts)"),
    PlantedMistake(
      "a balance is forgotten", .cache,
      "delete from accounts where id = (select min(id) from accounts where available > 0)"),
    PlantedMistake(
      "an account is overdrawn for a moment", .negative,
      """
      insert into journal (id, \(columns), xid)
      select 'lent', 'credit', currency, credit, debit, 1000000, order_id, customer, action, body_hash, created_at, '1'
      from journal where \(one("kind = 'credit'"));
      insert into journal (id, \(columns), xid)
      select 'returned', kind, currency, credit, debit, amount, order_id, customer, action, body_hash, created_at, '2'
      from journal where id = 'lent'
      """),
    PlantedMistake(
      "a hold's state is altered", .hold,
      "update holds set state = 'released' where id = (select min(id) from holds where state = 'captured')"),
    PlantedMistake(
      "a hold is forgotten", .hold,
      "delete from holds where id = (select min(id) from holds where state = 'captured')"),
    PlantedMistake(
      "an answer is lost", .answer,
      "delete from outbox where message_id = (select min(message_id::text)::uuid from outbox where type like '%Held')"),
    PlantedMistake(
      "an answer names another amount", .answer,
      """
      update outbox set body = convert_to(replace(convert_from(body, 'UTF8'), '"amount":', '"amount":1'), 'UTF8')
      where message_id = (select min(message_id::text)::uuid from outbox where type = 'wallet.FundsHeld')
      """),
    PlantedMistake(
      "an event has another one's number", .eventNumber,
      """
      update outbox set body = convert_to(regexp_replace(convert_from(body, 'UTF8'), '"seq":\\d+', '"seq":1'), 'UTF8')
      where convert_from(body, 'UTF8')::jsonb ->> 'customer' = (
        select convert_from(body, 'UTF8')::jsonb ->> 'customer' from outbox where topic = 'wallet.events'
        group by 1 having count(distinct convert_from(body, 'UTF8')) > 2 order by 1 limit 1)
      """),
  ]
}
