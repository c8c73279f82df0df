/// Brings a schema up to date, once, however many replicas start at the same moment.
public enum Migrator {
  /// Applies what is missing in one transaction, under an advisory lock per schema. Creates the schema only if it is
  /// missing, so that a role that owns its schema needs no right on the database.
  ///
  /// The history is `schema_migrations(component, version, name, checksum, applied_at)` in the schema itself.
  /// - Throws: code `.migration` when the schema has a version that this program does not know (it is older than the
  ///   schema), when the text of an applied migration has changed, or when versions are not in order.
  public static func run(
    _ pool: PostgresPool, schema: String, component: String, migrations: [Migration]
  ) async throws {
    try validate(component, migrations)
    try await pool.withSession { session in
      // A server that should have ended the statement itself, and has not, is gone.
      try session.withPatience(statementMax + .seconds(5)) {
        try session.transaction {
          try prepare(session, schema)
          for migration in try missing(session, component, migrations) { try apply(migration, component, session) }
        }
      }
    }
  }

  /// The longest that one statement of a migration may take.
  private static let statementMax: Duration = .seconds(600)

  private static func validate(_ component: String, _ migrations: [Migration]) throws {
    var previous = 0
    for migration in migrations {
      guard migration.version > previous else {
        throw PostgresError(
          .migration, "\(component): migration \(migration.version) follows \(previous); versions start at 1 and grow.")
      }
      previous = migration.version
    }
  }

  private static func prepare(_ session: PostgresSession, _ schema: String) throws {
    // Another replica's migration may take its time; it is not a lock that somebody forgot.
    try session.enqueue("set local lock_timeout = '120s'")
    try session.enqueue("set local statement_timeout = \(statementMax.milliseconds)")
    try session.enqueue("set local idle_in_transaction_session_timeout = '60s'")
    try session.enqueue("select pg_advisory_xact_lock(hashtextextended($1, 0))", [.text("migrations:" + schema)])
    let quoted = "\"\(schema.replacing("\"", with: "\"\""))\""
    if try session.execute("select 1 from pg_namespace where nspname = $1", [.text(schema)]).rows.isEmpty {
      try session.script("create schema \(quoted)")
    }
    try session.script(
      """
      set local search_path to \(quoted);
      create table if not exists schema_migrations (
        component text not null, version bigint not null, name text not null, checksum text not null,
        applied_at timestamptz not null default clock_timestamp(), primary key (component, version));
      """)
  }

  private static func missing(
    _ session: PostgresSession, _ component: String, _ migrations: [Migration]
  ) throws -> [Migration] {
    let applied = try session.execute(
      """
      select m.version, m.checksum = encode(sha256(convert_to(k.sql, 'UTF8')), 'hex') as same
      from schema_migrations m
      left join unnest($2::bigint[], $3::text[]) as k(version, sql) on k.version = m.version
      where m.component = $1 order by m.version
      """,
      [.text(component), .intArray(migrations.map { Int64($0.version) }), .textArray(migrations.map(\.sql))]
    ).rows
    var versions: Set<Int> = []
    for row in applied {
      let version = Int(try row.int("version"))
      versions.insert(version)
      switch try row.boolIfPresent("same") {
      case nil:
        throw PostgresError(
          .migration, "\(component) has migration \(version), which this program does not know. Start a newer program.")
      case false?:
        throw PostgresError(
          .migration,
          "\(component): the text of migration \(version) changed after it was applied. Add a new one instead.")
      case true?: break
      }
    }
    let newest = versions.max() ?? 0
    if let late = migrations.first(where: { $0.version < newest && !versions.contains($0.version) }) {
      throw PostgresError(
        .migration,
        "\(component): migration \(late.version) is missing below \(newest), which is applied. Renumber it.")
    }
    return migrations.filter { $0.version > newest }
  }

  private static func apply(_ migration: Migration, _ component: String, _ session: PostgresSession) throws {
    do {
      try session.script(migration.sql)
    } catch let error as PostgresError where error.sqlState != nil {
      throw PostgresError(
        error.code, "\(component): migration \(migration.version) (\(migration.name)) failed: \(error.message)")
    }
    try session.enqueue(
      """
      insert into schema_migrations (component, version, name, checksum)
      values ($1, $2, $3, encode(sha256(convert_to($4, 'UTF8')), 'hex'))
      """,
      [.text(component), .int(migration.version), .text(migration.name), .text(migration.sql)])
  }
}
