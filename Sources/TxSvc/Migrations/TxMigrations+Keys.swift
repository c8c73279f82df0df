import Postgres

extension TxMigrations {
  /// Who has which keys, what order-svc's seal said, how much sun was promised within the hour. A release that does
  /// not know these columns leaves them as they are.
  static let keys = Migration(
    version: 3, name: "keys",
    sql: """
      create table key_holders (
        process text primary key,
        master_keys jsonb not null,
        sealing_keys jsonb not null,
        problem text,
        seen_at timestamptz not null
      );
      alter table supplier_wallets add column key_warning text;
      create index supplier_wallets_key on supplier_wallets (key_id);
      create index legs_live_supplier on legs (supplier)
        where state in ('planned', 'signed', 'in_block', 'solid', 'reclaiming');
      alter table delegations add column seal jsonb, add column reclaim_seal jsonb;
      alter table signing_state add column hour_stake bigint not null default 0;
      """)
}
