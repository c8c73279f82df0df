import Postgres

extension TxMigrations {
  /// Solid blocks are scanned for deposits, and a record of them is kept.
  static let deposits = Migration(
    version: 4, name: "deposits",
    sql: """
      -- nil: written by the release before, which did not count.
      alter table followed_blocks add column transactions int;

      create table solid_scan (
        id text primary key,
        number bigint not null,
        block_id text not null,
        watched bigint not null check (watched >= 0),
        seq bigint not null
      );

      create table solid_blocks (
        number bigint primary key,
        block_id text not null,
        time_ms bigint not null,
        transactions int,
        ours int not null,
        deposits int not null
      );

      create table watched_addresses (
        address text primary key,
        from_block bigint not null,
        seq bigint not null,
        added_at timestamptz not null
      );

      create table deposits (
        id text primary key,
        address text not null,
        sender text not null,
        token text,
        amount bigint,
        tx_id text not null,
        log_index int,
        kind text not null,
        block_number bigint not null,
        block_id text not null,
        time_ms bigint not null,
        found_at timestamptz not null
      );
      create index deposits_address on deposits (address);
      create index deposits_block on deposits (block_number);

      create table stray_transactions (
        id text primary key,
        order_id text not null,
        leg_id text not null,
        purpose text not null,
        supplier text not null,
        receiver text not null,
        stake bigint not null,
        result text,
        block_number bigint not null,
        block_id text not null,
        is_solid boolean not null,
        seen_at timestamptz not null
      );
      create index stray_transactions_block on stray_transactions (block_id);

      create table chain_calls (
        id text primary key,
        calls jsonb not null
      );

      create table chain_tasks (
        id text primary key,
        kind text not null,
        first bigint not null,
        last bigint not null,
        next bigint not null,
        findings bigint not null,
        started_at timestamptz not null,
        finished_at timestamptz
      );
      """)
}
