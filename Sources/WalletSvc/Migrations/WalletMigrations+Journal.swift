import Postgres

extension WalletMigrations {
  /// One row for each line of a posting, with the account it takes from and the one it gives to: no row can create or
  /// lose money, so nothing has to be summed to know it. What the release before writes to its own tables follows into
  /// the journal in the same transaction; a posting that both would write breaks on the journal's unique id.
  ///
  /// All migrations are one transaction. While it copies, the release before reads balances and writes none: it waits
  /// for `accounts`, which it locks before it writes a transfer, so that nobody waits crosswise. What shuts out readers
  /// comes last.
  static let journal = Migration(
    version: 4, name: "journal",
    sql: """
      lock table accounts in exclusive mode;

      create table journal (
        number bigint generated always as identity primary key,
        id text not null unique,
        kind text not null,
        currency text not null check (currency in ('TRX', 'USDT')),
        debit text not null,
        credit text not null check (credit <> debit),
        amount bigint not null check (amount > 0),
        order_id text,
        customer text,
        action jsonb,
        body_hash text not null,
        created_at timestamptz not null,
        xid xid8 not null default pg_current_xact_id()
      );
      create trigger journal_append_only before update or delete on journal
        for each statement execute function ledger_refuse_change();
      create trigger journal_no_truncate before truncate on journal
        for each statement execute function ledger_refuse_change();

      create function journal_follow_transfers() returns trigger language plpgsql as $$
      begin
        \(copy(of: "added"));
        return null;
      end $$;
      create trigger transfers_followed after insert on transfers referencing new table as added
        for each statement execute function journal_follow_transfers();
      \(copy(of: "transfers"));
      create index journal_debit on journal (debit, number);
      create index journal_credit on journal (credit, number);
      create index journal_xid on journal (xid);
      analyze journal;

      alter table accounts add column currency text not null default 'TRX' check (currency in ('TRX', 'USDT'));
      """)

  /// Every posting of the release before takes from one account only: one line for each account that it gives to.
  /// What was burned for orders it took from its one account of coins and gave to the costs; coins that leave are a
  /// credit of theirs here, as coins that come are a debit.
  private static func copy(of transfers: String) -> String {
    """
    insert into journal
        (id, kind, currency, debit, credit, amount, order_id, customer, action, body_hash, created_at)
      select id || case line when 1 then '' else '/' || (line - 1) end, kind, currency, debit, credit, amount,
        order_id, customer, action, body_hash, created_at
      from (
        select t.*, given.amount, row_number() over (partition by t.id order by given.id) as line,
          case given.account when 'costs' then 'costs' else taken.account end as debit,
          case given.account when 'costs' then 'custody:pool' else given.account end as credit
        from \(transfers) t join entries taken on taken.transfer = t.id and taken.amount < 0
          join entries given on given.transfer = t.id and given.amount > 0) lines
      order by created_at, id, line
    """
  }
}
