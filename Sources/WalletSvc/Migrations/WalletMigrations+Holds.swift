import Postgres

extension WalletMigrations {
  /// The age of the oldest money that is still held; and the switch that a restored database is started with. The index
  /// may be made beforehand, while the shop works (docs/operations.md). `seq`: see `EventSeq`.
  static let openHolds = Migration(
    version: 10, name: "open holds by age, recovery",
    sql: """
      create index if not exists holds_open_age on holds (created_at) where state = 'held';

      -- For an operator who has restored the database, before any service starts. Ended by `ledger clear all`.
      create function begin_recovery(reason text) returns void language sql set search_path from current as $$
        insert into ledger_differences (id, found_by, findings, seq, found_at)
          values ('*', 'recovery', jsonb_build_array(jsonb_build_object('kind', 'recovery', 'account', '',
            'expected', '', 'found', '', 'detail', 'recovery, until energyctl ledger clear all: ' || reason)),
            (extract(epoch from clock_timestamp()) * 1000)::bigint, now())
          on conflict (id) do update set found_by = excluded.found_by,
            seq = greatest(ledger_differences.seq + 1, excluded.seq),
            findings = case when ledger_differences.cleared_at is null
              then ledger_differences.findings || excluded.findings else excluded.findings end,
            found_at = excluded.found_at, cleared_at = null;
        insert into ledger_freezes (id, since) values ('*', now()) on conflict (id) do nothing;
      $$;
      """)
}
