import Postgres

extension TxMigrations {
  /// A wallet is not read again while a reading is on its way.
  static let refresh = Migration(
    version: 7, name: "one reading of a wallet at a time",
    sql: "alter table supplier_wallets add column refresh_started_at timestamptz;")
}
