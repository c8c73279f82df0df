import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// Compares what the ledger holds at one place with what the solid chain shows there, reading by reading until it is
/// clear whether they agree. A difference is told once, watched, and told again when it is gone.
struct CustodyComparison: Effect {
  static let kind = "wallet.CustodyComparison"
  /// A `LedgerAccount.Custody`.
  let place: String
  /// Which comparison: when it was due. A later one takes over.
  let round: Date
  var orderKey: String { "custody/\(place)" }

  static let needs: [Need] = LedgerAccount.Custody.allCases.flatMap { place in
    Currency.allCases.map { .row(CustodyCheckRow.self, CustodyCheckRow.key(place, $0)) }
  }

  /// Begins a comparison of every account.
  static func begin(_ round: Date, _ unit: UnitOfWork) throws {
    for place in LedgerAccount.Custody.allCases {
      for currency in Currency.allCases {
        let id = CustodyCheckRow.key(place, currency)
        var row = try unit.find(CustodyCheckRow.self, id) ?? CustodyCheckRow(id: id, round: round, now: unit.now)
        row.begin(round, now: unit.now)
        try unit.save(row)
      }
      try unit.start(CustodyComparison(place: place.rawValue, round: round))
    }
  }

  func run(_ context: EffectContext, _ settings: CustodySettings) async throws -> EffectOutcome {
    guard let place = LedgerAccount.Custody(rawValue: place) else { return .done() }
    let bus = context.bus
    let rows = try await bus.read { try CustodyReport.rows(place, $0) }.filter { isMine($0) && !$0.isOver }
    guard !rows.isEmpty else { return .done() }
    do {
      let (flows, asked) = try await bus.lookUp { session in
        (try CustodyBooks.flows(place, session), try session.now())
      }
      let chain = try await CustodyChain.read(place, treasury: settings.treasury, bus)
      // Nobody watches the pool.
      if place != .pool { try await LostWatches.ask(again: chain.unwatched, asked: asked, bus) }
      let keys = chain.currencies.values.flatMap(\.dust.keys)
      let (booked, now) = try await bus.read { session in
        (try CustodyBooks.bookedDust(keys, session), try session.now())
      }
      let steps = try rows.map {
        try CustodyStep($0, place, flows: flows, chain: chain, bookedDust: booked, settings: settings, now: now)
      }
      return outcome(steps, chain, settings, bus)
    } catch where !(error is CancellationError) && !Task.isCancelled {
      bus.logger.warning("custody is not compared", metadata: ["place": "\(place.rawValue)", "why": "\(error)"])
      return .again(after: settings.retryPause, needs: Self.needs) { try note("\(error)", rows, $0) }
    }
  }

  private func outcome(
    _ steps: [CustodyStep], _ chain: CustodyChain, _ settings: CustodySettings, _ bus: Bus
  ) -> EffectOutcome {
    for step in steps { step.tell(bus.logger) }
    let needs = Self.needs + steps.flatMap(\.needs)
    let apply: @Sendable (UnitOfWork) throws -> Void = { unit in
      for step in steps {
        // Another round may have begun meanwhile.
        guard let row = try unit.find(CustodyCheckRow.self, step.row.id), isMine(row) else { continue }
        try step.write(unit)
      }
    }
    if steps.allSatisfy(\.row.isOver) { return .done(needs: needs, apply: apply) }
    let isOpenOnly = steps.allSatisfy { $0.row.isOver || $0.row.reported != nil }
    return .again(
      after: isOpenOnly ? settings.openPause : settings.pause(after: chain.addresses), needs: needs, apply: apply)
  }

  private func isMine(_ row: CustodyCheckRow) -> Bool { abs(row.round.timeIntervalSince(round)) < 0.001 }

  private func note(_ why: String, _ rows: [CustodyCheckRow], _ unit: UnitOfWork) throws {
    for known in rows {
      guard var row = try unit.find(CustodyCheckRow.self, known.id), isMine(row) else { continue }
      row.detail = "not compared: \(why.prefix(500))"
      row.updatedAt = unit.now
      try unit.save(row)
    }
  }
}
