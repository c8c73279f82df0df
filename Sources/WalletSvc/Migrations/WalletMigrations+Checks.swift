import Postgres

extension WalletMigrations {
  /// Checks that know whether one is under way and go on where they were. Tables of their own: `ledger_checks` has what
  /// replicas of the release before find, which compare with tables that nothing is written to any more. It is
  /// worthless, and they would raise an alarm with it.
  static let checks = Migration(
    version: 9, name: "checks in steps",
    sql: """
      alter table ledger_head add column last_line bigint not null default 0;
      update ledger_head set last_line = coalesce((select max(last_line) from ledger_blocks), 0);
      create index ledger_blocks_lines on ledger_blocks (number) include (lines);
      create index ledger_blocks_sealed on ledger_blocks (sealed_at) include (last_line);

      create table ledger_audits (
        id text primary key,
        differences bigint not null,
        detail text not null,
        started_at timestamptz,
        checked_at timestamptz,
        as_of timestamptz,
        through_block bigint
      );
      create table ledger_full_audit (
        id text primary key check (id = 'full'),
        run uuid not null,
        opening bigint not null,
        snapshot pg_snapshot not null,
        last_line bigint not null,
        last_block bigint not null,
        summed_line bigint not null default 0,
        lines bigint not null default 0,
        summed_block bigint not null default 0,
        block_lines bigint not null default 0,
        verified_through bigint not null,
        verified_hash text not null,
        slice_next bigint not null,
        slice_through bigint not null,
        slice_blocks bigint not null,
        slice_lines bigint not null,
        findings jsonb not null
      );
      create table ledger_audit_sums (
        account text not null,
        currency text not null,
        credited numeric not null,
        debited numeric not null,
        primary key (account, currency)
      );

      create function ledger_checks_ended() returns trigger language plpgsql as $$
      begin
        new.differences := 0;
        return new;
      end $$;
      create trigger ledger_checks_ended before insert or update on ledger_checks
        for each row execute function ledger_checks_ended();
      update ledger_checks set differences = 0;
      """)
}
