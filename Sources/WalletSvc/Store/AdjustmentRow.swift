import BusKit
import Contracts
import Foundation

/// Something that an operator wanted booked by hand, and what came of it: what makes a repeated key answer the same.
/// What was booked is kept for ever, the rest as long as `Retention.unbookedAdjustments` says.
struct AdjustmentRow: Row {
  static let table = "adjustments"
  /// How long a second operator has.
  static let waitMax: TimeInterval = 72 * 3_600

  enum State: String, Codable, Sendable, CaseIterable {
    case waiting, done, rejected, refused
  }

  /// The key of the operator who asked.
  let id: String
  let request: AdjustmentRequest
  /// The type of the command.
  let command: String
  let action: OperatorAction
  /// SHA-256 of the command, in hex: the same key with another command is a mistake.
  let bodyHash: String
  var state: State
  /// The answer's code and words; while it waits those are made from the rest.
  var code: String
  var detail: String
  /// Who agreed or rejected.
  var decision: OperatorAction?
  var decisionKey: String?
  var decisionHash: String?
  let createdAt: Date
  let expiresAt: Date
  var updatedAt: Date

  var rowKey: String { id }

  func state(at now: Date) -> AdjustmentView.State {
    switch state {
    case .waiting: now < expiresAt ? .waiting : .expired
    case .done: .done
    case .rejected: .rejected
    case .refused: .refused
    }
  }

  /// The answer to whoever asked, and to who agreed.
  func answer(at now: Date) -> CommandResult {
    switch state(at: now) {
    case .waiting:
      CommandResult(
        ok: false, code: "awaiting_approval",
        detail: "\(request) waits for a second operator until \(Self.text(expiresAt)): "
          + "energyctl ledger adjustments approve '\(id)'")
    case .expired:
      CommandResult(
        ok: false, code: "expired",
        detail: "nobody agreed to the \(request) until \(Self.text(expiresAt)); ask again with a new key")
    case .done: CommandResult(ok: true, code: code, detail: detail)
    case .rejected, .refused: CommandResult(ok: false, code: code, detail: detail)
    }
  }

  private static func text(_ date: Date) -> String { date.formatted(.iso8601) }
}

/// What an operator has booked alone of one currency.
struct OperatorDayRow: Row {
  static let table = "operator_days"

  /// The operator as `OperatorIdentity` writes it, `/`, and the currency.
  let id: String
  var day: OperatorDay
  var updatedAt: Date

  var rowKey: String { id }

  static func key(_ action: OperatorAction, _ currency: Currency) -> String {
    "\(OperatorIdentity.of(action.actor) ?? "")/\(currency.rawValue)"
  }
}
