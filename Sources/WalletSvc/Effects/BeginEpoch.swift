import BusKit
import Contracts

/// Has sealing go on after the database was moved to another cluster.
struct BeginEpoch: Effect {
  static let kind = "wallet.BeginEpoch"
  let action: OperatorAction
  let replyTo: String
  let correlation: String
  var orderKey: String { "ledger-epoch" }

  static func register(in service: inout Service) {
    service.effect(
      BeginEpoch.self, policy: EffectPolicy(attemptsMax: 5, timeout: .seconds(30), concurrency: 1)
    ) { effect, context in
      let outcome = try await context.bus.read { session in
        try session.patiently { try SealEpoch.begin(effect.action, session) }
      }
      let sealing = LedgerDifferenceFound.sealing
      return .done(needs: LedgerIncidents.needs([sealing])) { unit in
        guard case .begun(let epoch) = outcome else {
          let detail = "the ledger is being sealed; nothing was done"
          return try unit.reply(
            CommandResult(ok: true, code: "unchanged", detail: detail), to: effect.replyTo,
            correlation: effect.correlation)
        }
        if var row = try unit.find(LedgerDifferenceRow.self, sealing), row.clearedAt == nil,
          row.clearedBy?.key != effect.action.key
        {
          row.clearedAt = unit.now
          row.clearedBy = effect.action
          row.seq = EventSeq.next(after: row.seq, unit.now)
          try unit.save(row)
          try LedgerIncidents.publish(row, unit)
        }
        let detail = "epoch \(epoch) has begun: what is in no block is sealed by number, then sealing goes on"
        try unit.audit(
          BeginLedgerEpoch.messageType, of: ServiceName.wallet, on: "ledger", effect.action, outcome: detail,
          correlation: effect.correlation)
        try unit.reply(
          CommandResult(ok: true, code: "done", detail: detail), to: effect.replyTo, correlation: effect.correlation)
      }
    }
  }
}
