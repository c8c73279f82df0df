import TestKit

/// Holds up transactions of tx-svc at an insert into one of its tables: the server, not the service, waits. What a
/// client sent with the insert (its commit travels along) is carried out when the gate opens, awake or not.
struct InsertGate: Sendable {
  let world: ChainWorld
  let table: String

  static func closed(at table: String, of world: ChainWorld) async throws -> InsertGate {
    try await world.execute("create table public.gate (name text primary key)")
    try await world.execute("grant select on public.gate to public")
    try await world.execute(
      """
      create function public.wait_at_gate() returns trigger language plpgsql as $$
      begin
        while exists (select 1 from public.gate where name = tg_table_name) loop
          perform pg_sleep(0.005);
        end loop;
        return null;
      end $$
      """)
    try await world.execute("insert into public.gate values ('\(table)')")
    try await world.execute(
      """
      create trigger wait_at_gate after insert on \(ChainWorld.schema).\(table)
      for each row execute function public.wait_at_gate()
      """)
    return InsertGate(world: world, table: table)
  }

  func open() async throws { try await world.execute("delete from public.gate") }

  /// Returns when a transaction waits.
  func untilHeld() async throws {
    try await eventually(within: .seconds(20), "an insert into \(table) waits at the gate") {
      try await !waiting().isEmpty
    }
  }

  /// Ends the sessions that wait: their transactions never happened.
  func cutOff() async throws {
    for session in try await waiting() {
      try await world.execute("select pg_terminate_backend(\(session))")
    }
    try await eventually("the sessions have ended") { try await waiting().isEmpty }
  }

  private func waiting() async throws -> [Int64] {
    try await world.execute(
      """
      select pid::bigint as pid from pg_stat_activity
      where datname = current_database() and wait_event = 'PgSleep' and usename = '\(ChainWorld.schema)'
      """
    ).map { try $0.int("pid") }
  }
}
