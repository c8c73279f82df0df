import Postgres

extension TxMigrations {
  /// A leg's state changes five times: an index that names it takes an entry each time, one that names whom the leg is
  /// lent to does not. What serves no query goes. The release before asks by state, and reads more rows for it. The new
  /// indexes may be made beforehand, while the shop works (docs/operations.md).
  static let indexes = Migration(
    version: 9, name: "indexes that cost less than they find",
    sql: """
      create index if not exists legs_lent_by on legs (supplier) where lent_to is not null;
      create index if not exists delegations_end
        on delegations ((coalesce(ends_at_ms, started_at_ms + duration_seconds * 1000)))
        where state in ('final', 'reclaiming');
      drop index legs_live_supplier;
      drop index legs_live;
      drop index transactions_block;
      drop index deposits_address;
      drop index deposits_block;
      drop index own_transactions_block;
      """)
}
