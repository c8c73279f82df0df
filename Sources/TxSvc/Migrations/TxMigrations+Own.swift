import Postgres

extension TxMigrations {
  /// Money that leaves addresses of ours is told, and what is too little to be a deposit is added up.
  static let own = Migration(
    version: 8, name: "transactions of our own addresses, dust",
    sql: """
      alter table watched_addresses
        add column dust_sun bigint not null default 0 check (dust_sun >= 0),
        add column dust_token bigint not null default 0 check (dust_token >= 0);

      create table own_transactions (
        id text primary key,
        payer text,
        fee bigint not null,
        transfers int not null,
        succeeded boolean not null,
        block_number bigint not null,
        block_id text not null,
        time_ms bigint not null,
        found_at timestamptz not null
      );
      create index own_transactions_block on own_transactions (block_number);
      """)
}
