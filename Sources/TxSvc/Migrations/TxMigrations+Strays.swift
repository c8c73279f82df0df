import Postgres

extension TxMigrations {
  static let strays = Migration(
    version: 6, name: "strays that are taken back",
    sql: "alter table stray_transactions add column settled_at timestamptz")
}
