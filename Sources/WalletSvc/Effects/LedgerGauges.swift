import BusKit
import Postgres

/// What the checks found, how far the journal is sealed, which captures wait, how long money has been held.
enum LedgerGauges {
  static func register(in service: inout Service) {
    service.beforeMetrics { bus in
      let checks = try await bus.lookUp { session in
        try session.execute(
          """
          select id, differences, extract(epoch from now() - coalesce(checked_at, started_at))::float8 as age
          from ledger_audits where coalesce(checked_at, started_at) is not null
          """
        ).rows.map { (id: try $0.string("id"), differences: try $0.int("differences"), age: try $0.double("age")) }
      }
      for check in checks {
        // A check that no longer comes to an end would look like one that finds nothing.
        bus.metrics.gauge("energy_wallet_ledger_check_age_seconds", labels: [("check", check.id)]).set(check.age)
        bus.metrics.gauge("energy_wallet_ledger_difference", labels: [("check", check.id)])
          .set(Double(check.differences))
      }
      for (name, value) in try await bus.lookUp({ try values($0) }) { bus.metrics.gauge(name).set(value) }
    }
  }

  static func values(_ session: PostgresSession) throws -> [(String, Double)] {
    let row = try session.execute(
      """
      select h.block::float8 as block, extract(epoch from clock_timestamp() - h.looked_at)::float8 as looked,
        (h.trouble <> '')::int::float8 as trouble, t.lines::float8 as lines, t.age,
        (select count(*) from ledger_freezes)::float8 as frozen,
        coalesce(extract(epoch from clock_timestamp()
          - (select min(created_at) from holds where state = 'held')), 0)::float8 as held_age,
        w.waiting::float8 as waiting, w.age as waiting_age
      from ledger_head h
        cross join (select count(*) as lines,
          coalesce(extract(epoch from clock_timestamp() - min(created_at)), 0)::float8 as age from ledger_tail) t
        cross join (select count(*) as waiting,
          coalesce(extract(epoch from clock_timestamp() - min(since)), 0)::float8 as age from waiting_captures) w
      """
    ).rows.first
    guard let row else { throw SealError.noHead }
    return [
      ("energy_wallet_ledger_block", try row.double("block")),
      ("energy_wallet_ledger_sealer_age_seconds", try row.double("looked")),
      ("energy_wallet_ledger_sealing_stopped", try row.double("trouble")),
      ("energy_wallet_ledger_unsealed_lines", try row.double("lines")),
      ("energy_wallet_ledger_unsealed_age_seconds", try row.double("age")),
      ("energy_wallet_ledger_frozen", try row.double("frozen")),
      // Whatever became of the command that should have ended it: this sees the money, not the messages.
      ("energy_wallet_oldest_hold_seconds", try row.double("held_age")),
      ("energy_wallet_waiting_captures", try row.double("waiting")),
      ("energy_wallet_waiting_capture_age_seconds", try row.double("waiting_age")),
    ]
  }
}
