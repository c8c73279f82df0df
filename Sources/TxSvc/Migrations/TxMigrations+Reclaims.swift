import Postgres

extension TxMigrations {
  static let reclaims = Migration(
    version: 5, name: "reclaims that are late",
    sql: """
      create table late_reclaims (
        id text primary key,
        order_id text not null,
        due_at timestamptz not null,
        since timestamptz not null,
        settled_at timestamptz,
        seq bigint not null
      );
      create index late_reclaims_open on late_reclaims (since) where settled_at is null;
      """)
}
