import Postgres

extension WalletMigrations {
  /// Blocks of committed journal lines, each with the hash of the one before; sums of what they hold for each account;
  /// what was found to differ, whose captures wait for it, and which.
  ///
  /// An epoch is a time in which transaction ids mean the same: one cluster. Its lines up to `opening_line` are sealed
  /// by number, those behind it by the snapshot in which their transaction became visible. All lines that are there
  /// now are the first epoch's opening: the lock lets no transaction be under way that has written one of them.
  static let seal = Migration(
    version: 5, name: "sealed blocks, totals, freezes",
    sql: """
      lock table journal in share row exclusive mode;

      create table ledger_epochs (
        number bigint primary key,
        system text not null,
        opening_line bigint not null,
        snapshot pg_snapshot not null,
        closed_line bigint,
        closed_cursor bigint,
        closed_snapshot pg_snapshot,
        action jsonb,
        opened_at timestamptz not null
      );
      create table ledger_blocks (
        number bigint primary key check (number > 0),
        epoch bigint not null references ledger_epochs (number),
        previous_hash bytea not null check (length(previous_hash) = 32),
        hash bytea not null check (length(hash) = 32),
        content bytea not null check (length(content) = 32),
        lines bigint not null check (lines > 0),
        first_line bigint not null,
        last_line bigint not null,
        base pg_snapshot,
        snapshot pg_snapshot,
        after_line bigint not null,
        through_line bigint,
        marks bytea not null,
        sealed_at timestamptz not null,
        check ((snapshot is null) = (base is null) and (snapshot is null) <> (through_line is null))
      );
      create trigger ledger_blocks_append_only before update or delete on ledger_blocks
        for each statement execute function ledger_refuse_change();
      create trigger ledger_blocks_no_truncate before truncate on ledger_blocks
        for each statement execute function ledger_refuse_change();
      create table ledger_head (
        id text primary key check (id = 'head'),
        epoch bigint not null references ledger_epochs (number),
        block bigint not null,
        hash bytea not null check (length(hash) = 32),
        snapshot pg_snapshot not null,
        cursor_line bigint not null,
        trouble text not null default '',
        looked_at timestamptz not null
      );
      insert into ledger_epochs (number, system, opening_line, snapshot, opened_at)
        select 1, system_identifier::text, (select coalesce(max(number), 0) from journal), pg_current_snapshot(), now()
        from pg_control_system();
      insert into ledger_head (id, epoch, block, hash, snapshot, cursor_line, looked_at)
        select 'head', 1, 0, decode(repeat('00', 32), 'hex'), snapshot, 0, now() from ledger_epochs;

      -- What is in no block yet, but for the lines of an opening. Found by transaction (`+ 0`: never by number), and
      -- by keys that are known before the journal is read: all that was copied has one transaction id, for which a
      -- join would read all of the index.
      create view ledger_tail as
        select j.* from journal j where j.xid = any (array(select pg_snapshot_xip(snapshot) from ledger_head))
          and j.number + 0 > (select opening_line from ledger_head h join ledger_epochs e on e.number = h.epoch)
        union all
        select j.* from journal j where j.xid >= (select pg_snapshot_xmax(snapshot) from ledger_head)
          and j.number + 0 > (select opening_line from ledger_head h join ledger_epochs e on e.number = h.epoch);

      -- The hash of one line: of a JSON array of its columns, in this order, times in microseconds.
      create function ledger_line_hash(line journal) returns bytea language sql stable as $$
        select sha256(convert_to(json_build_array(
          line.number, line.id, line.kind, line.currency, line.debit, line.credit, line.amount, line.order_id,
          line.customer, line.action, line.body_hash, (extract(epoch from line.created_at) * 1000000)::bigint,
          line.xid::text)::text, 'UTF8'))
      $$;

      create table account_totals (
        account text not null,
        currency text not null,
        total numeric(38) not null,
        -- All that was ever given to it and taken from it; their difference is the total.
        credited numeric(38) not null,
        debited numeric(38) not null,
        through_block bigint not null,
        primary key (account, currency)
      );
      create index account_totals_through on account_totals (through_block);
      create table ledger_sums (currency text primary key, total numeric(38) not null);
      insert into ledger_sums values ('TRX', 0), ('USDT', 0);
      create function ledger_follow_totals() returns trigger language plpgsql as $$
      begin
        if tg_op <> 'INSERT' then
          update ledger_sums s set total = s.total - o.total
            from (select currency, sum(total) as total from old_rows group by currency) o where o.currency = s.currency;
        end if;
        if tg_op <> 'DELETE' then
          update ledger_sums s set total = s.total + n.total
            from (select currency, sum(total) as total from new_rows group by currency) n where n.currency = s.currency;
        end if;
        return null;
      end $$;
      create trigger account_totals_inserted after insert on account_totals
        referencing new table as new_rows for each statement execute function ledger_follow_totals();
      create trigger account_totals_updated after update on account_totals
        referencing old table as old_rows new table as new_rows
        for each statement execute function ledger_follow_totals();
      create trigger account_totals_deleted after delete on account_totals
        referencing old table as old_rows for each statement execute function ledger_follow_totals();

      alter table ledger_checks add column as_of timestamptz, add column through_block bigint;
      create table ledger_differences (
        id text primary key,
        found_by text not null,
        findings jsonb not null,
        seq bigint not null,
        found_at timestamptz not null,
        cleared_at timestamptz,
        cleared_by jsonb
      );
      create index ledger_differences_cleared on ledger_differences (cleared_at);
      create table ledger_freezes (id text primary key, since timestamptz not null);
      create table waiting_captures (
        id text primary key,
        customer text not null,
        amount bigint not null,
        since timestamptz not null
      );
      """)
}
