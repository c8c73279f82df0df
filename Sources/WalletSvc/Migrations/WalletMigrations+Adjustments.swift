import Postgres

extension WalletMigrations {
  /// What operators book by hand, how much each books alone, and how custody compares with the chain.
  static let adjustments = Migration(
    version: 6, name: "adjustments and custody",
    sql: """
      create table adjustments (
        id text primary key,
        request jsonb not null,
        command text not null,
        action jsonb not null,
        body_hash text not null,
        state text not null check (state in ('waiting', 'done', 'rejected', 'refused')),
        code text not null,
        detail text not null,
        decision jsonb,
        decision_key text unique,
        decision_hash text,
        created_at timestamptz not null,
        expires_at timestamptz not null,
        updated_at timestamptz not null
      );
      create index adjustments_created on adjustments (created_at);
      create index adjustments_waiting on adjustments (created_at) where state = 'waiting';
      create index adjustments_unbooked on adjustments (created_at) where state <> 'done';

      create table operator_days (
        id text primary key,
        day jsonb not null,
        updated_at timestamptz not null
      );

      create table custody_checks (
        id text primary key,
        round timestamptz not null,
        is_over boolean not null,
        watch jsonb not null,
        state text not null check (state in ('pending', 'agrees', 'differs', 'unclear', 'unopened')),
        difference bigint not null,
        reported bigint,
        seq bigint not null,
        addresses bigint not null,
        compared_at timestamptz,
        detail text not null,
        created_at timestamptz not null,
        updated_at timestamptz not null
      );

      -- Dust of each address that stands in the journal.
      create table custody_dust (
        id text primary key,
        amount bigint not null check (amount > 0),
        updated_at timestamptz not null
      );
      """)
}
