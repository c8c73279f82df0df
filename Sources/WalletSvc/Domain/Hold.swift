import Contracts
import TronKit

/// Money set aside for one order, and what became of it. A hold ends once: captured or released.
struct Hold: Codable, Sendable, Equatable {
  enum State: String, Codable, Sendable, CaseIterable {
    case held, captured, released
    /// There was not enough, or it was asked for during a recovery: nothing was ever set aside.
    case refused
    /// Released before it was asked for: it will be refused.
    case barred
  }

  let customer: CustomerID
  /// What was asked for; zero while a release is all that is known.
  var amount: Sun
  var state: State
  var captured = Sun.zero
  /// The answer to HoldFunds: the account's `seq` and what was available. Repeated word for word. Zero: not asked yet.
  var answerSeq: Int64 = 0
  var answerAvailable = Sun.zero
  /// The `seq` of the answer to the capture or release.
  var settledSeq: Int64 = 0
}
