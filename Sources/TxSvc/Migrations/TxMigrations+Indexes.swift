import Postgres

extension TxMigrations {
  /// A leg's state changes five times: an index that names it takes an entry each time, one that names whom the leg is
  /// lent to does not. What serves no query goes. The release before asks by state, and reads more rows for it.
  static let indexes = Migration(
    version: 9, name: "indexes that cost less than they find",
    sql: """
      drop index legs_live_supplier;
      drop index legs_live;
      create index legs_live on legs (supplier) where lent_to is not null;
      drop index transactions_block;
      drop index deposits_address;
      drop index deposits_block;
      drop index own_transactions_block;
      create index delegations_end on delegations ((coalesce(ends_at_ms, started_at_ms + duration_seconds * 1000)))
        where state in ('final', 'reclaiming');
      """)
}
