import Postgres

extension WalletMigrations {
  /// One row for each line of a posting, with the account it takes from and the one it gives to: no row can create or
  /// lose money, so nothing has to be summed to know it. What the release before writes to its own tables follows into
  /// the journal in the same transaction; a posting that both would write breaks on the journal's unique id.
  static let journal = Migration(
    version: 4, name: "journal",
    sql: """
      alter table accounts add column currency text not null default 'TRX' check (currency in ('TRX', 'USDT'));

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
      create index journal_debit on journal (debit, number);
      create index journal_credit on journal (credit, number);
      create index journal_xid on journal (xid);
      create trigger journal_append_only before update or delete on journal
        for each statement execute function ledger_refuse_change();
      create trigger journal_no_truncate before truncate on journal
        for each statement execute function ledger_refuse_change();

      -- Every posting of the release before takes from one account only: one line for each account that it gives to.
      -- What was burned for orders it took from its one account of coins and gave to the costs; coins that leave are a
      -- credit of theirs here, as coins that come are a debit.
      create function journal_lines(head text) returns table (
        line bigint, debit text, credit text, amount bigint) language sql stable as $$
        select row_number() over (order by given.id),
          case given.account when 'costs' then 'costs' else taken.account end,
          case given.account when 'costs' then 'custody:pool' else given.account end, given.amount
        from entries taken join entries given on given.transfer = taken.transfer
        where taken.transfer = head and taken.amount < 0 and given.amount > 0
      $$;
      create function journal_follow_transfers() returns trigger language plpgsql as $$
      begin
        insert into journal
          (id, kind, currency, debit, credit, amount, order_id, customer, action, body_hash, created_at)
        select t.id || case l.line when 1 then '' else '/' || (l.line - 1) end, t.kind, t.currency, l.debit, l.credit,
        l.amount, t.order_id, t.customer,
          t.action, t.body_hash, t.created_at
        from added t cross join lateral journal_lines(t.id) l order by t.created_at, t.id, l.line;
        return null;
      end $$;
      create trigger transfers_followed after insert on transfers referencing new table as added
        for each statement execute function journal_follow_transfers();
      insert into journal
        (id, kind, currency, debit, credit, amount, order_id, customer, action, body_hash, created_at)
      select t.id || case l.line when 1 then '' else '/' || (l.line - 1) end, t.kind, t.currency, l.debit, l.credit,
        l.amount, t.order_id, t.customer,
        t.action, t.body_hash, t.created_at
      from transfers t cross join lateral journal_lines(t.id) l order by t.created_at, t.id, l.line;
      """)
}
