import Postgres

enum WalletMigrations {
  static let all = [ledger, addresses, chain, journal, seal, adjustments, deposits, retirement, checks, openHolds]

  /// Beside the program's own checks the database refuses whatever would make the ledger lie: a negative customer
  /// account, a transfer whose entries do not sum to zero (checked at commit), and any change of what is written.
  private static let ledger = Migration(
    version: 1, name: "ledger",
    sql: """
      create table accounts (
        id text primary key,
        available bigint not null check (available >= 0),
        held bigint not null check (held >= 0),
        seq bigint not null,
        updated_at timestamptz not null
      );
      create index accounts_updated on accounts (updated_at);

      create table holds (
        id text primary key,
        customer text not null,
        amount bigint not null check (amount >= 0),
        state text not null check (state in ('held', 'captured', 'released', 'refused', 'barred')),
        captured bigint not null check (captured between 0 and amount),
        answer_seq bigint not null,
        answer_available bigint not null,
        settled_seq bigint not null,
        created_at timestamptz not null,
        updated_at timestamptz not null
      );
      create index holds_open on holds (customer) where state = 'held';

      create table transfers (
        id text primary key,
        kind text not null,
        currency text not null,
        order_id text,
        customer text,
        action jsonb,
        body_hash text not null,
        created_at timestamptz not null
      );
      create index transfers_created on transfers (created_at);

      create table entries (
        id text primary key,
        transfer text not null references transfers (id) deferrable initially deferred,
        account text not null,
        currency text not null,
        amount bigint not null check (amount <> 0),
        created_at timestamptz not null
      );
      create index entries_transfer on entries (transfer);
      create index entries_account on entries (account, created_at);

      create function ledger_refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception 'the ledger is append-only: % of % refused', tg_op, tg_table_name using errcode = '23514';
      end $$;
      create trigger transfers_append_only before update or delete on transfers
        for each row execute function ledger_refuse_change();
      create trigger entries_append_only before update or delete on entries
        for each row execute function ledger_refuse_change();
      create trigger transfers_no_truncate before truncate on transfers
        for each statement execute function ledger_refuse_change();
      create trigger entries_no_truncate before truncate on entries
        for each statement execute function ledger_refuse_change();

      create function ledger_check_transfer() returns trigger language plpgsql as $$
      declare
        total numeric;
        lines bigint;
        foreign_lines bigint;
        head text := case tg_table_name when 'transfers' then new.id else to_jsonb(new) ->> 'transfer' end;
      begin
        select coalesce(sum(e.amount), 0), count(*), count(*) filter (where e.currency <> t.currency)
          into total, lines, foreign_lines
          from transfers t left join entries e on e.transfer = t.id where t.id = head group by t.id;
        if total <> 0 or lines < 2 or foreign_lines > 0 then
          raise exception 'transfer % has % entries with sum %', head, lines, total using errcode = '23514';
        end if;
        return null;
      end $$;
      create constraint trigger transfers_balanced after insert on transfers
        deferrable initially deferred for each row execute function ledger_check_transfer();
      create constraint trigger entries_balanced after insert on entries
        deferrable initially deferred for each row execute function ledger_check_transfer();

      create table ledger_checks (
        id text primary key,
        differences bigint not null,
        detail text not null,
        checked_at timestamptz not null
      );
      """)

  private static let addresses = Migration(
    version: 2, name: "address books",
    sql: """
      create table address_books (
        id text primary key,
        addresses jsonb not null,
        updated_at timestamptz not null
      );
      """)

  private static let chain = Migration(
    version: 3, name: "last known chain balances",
    sql: """
      create table chain_accounts (
        id text primary key,
        view jsonb not null,
        as_of timestamptz not null
      );
      create index chain_accounts_as_of on chain_accounts (as_of);
      """)
}
