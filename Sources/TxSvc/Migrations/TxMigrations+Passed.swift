import Postgres

extension TxMigrations {
  /// A release that does not know the column leaves it as it is.
  static let passed = Migration(
    version: 10, name: "blocks that were passed over",
    sql: "alter table chain_tasks add column passed bigint not null default 0 check (passed >= 0)")
}
