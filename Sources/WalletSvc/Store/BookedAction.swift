import BusKit

/// Who booked something by hand, and why, as the journal keeps it: the operator's action, and above the limit that of
/// the one who agreed.
struct BookedAction: Codable, Sendable, Equatable {
  let actor: String
  let reason: String
  let key: String
  let approval: OperatorAction?

  init(_ action: OperatorAction, approval: OperatorAction? = nil) {
    actor = action.actor
    reason = action.reason
    key = action.key
    self.approval = approval
  }
}
