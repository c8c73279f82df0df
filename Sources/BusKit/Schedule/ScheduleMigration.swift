import Postgres

extension BusMigrations {
  /// Rows of the release before have no definition: they keep their time until a replica writes its own.
  static let schedules = Migration(
    version: 3, name: "schedules know their definition and failures",
    sql: """
      alter table schedules
        add column definition text not null default '',
        add column attempts int not null default 0,
        add column retry_at timestamptz,
        add column last_error text;
      """)
}
