import Foundation

/// What to do for a stored transaction that is not in a block yet (I10).
enum ShepherdStep: Sendable, Equatable {
  /// It is in a block or dead.
  case finished
  /// Commit a sending row, then send the same bytes.
  case send
  case wait(Duration)
  /// Every node that got it refused it for good: mark it dead.
  case bury
  /// Solid chain time is past its expiration: when the chain does not know it, it is dead.
  case settleExpired

  /// After a node took it, the same bytes are sent again when no block has shown it for this long.
  static let resendAfter: Duration = .seconds(9)
  /// A node that may or may not have it is followed by the next one after this.
  static let nextNodeAfter: Duration = .milliseconds(400)

  /// - Parameters:
  ///   - outcomes: of all its sendings; nil: no answer (yet).
  ///   - sinceLastSending: Postgres time since the latest; nil without any.
  static func next(
    state: StoredTransaction.State, outcomes: [SendingOutcome?], expirationMs: Int64, headTimeMs: Int64,
    solidTimeMs: Int64, sinceLastSending: Duration?
  ) -> ShepherdStep {
    switch state {
    case .inBlock, .solid, .dead: return .finished
    case .signed: break
    }
    if !outcomes.isEmpty, outcomes.allSatisfy({ $0 == .rejected }) { return .bury }
    if solidTimeMs > expirationMs { return .settleExpired }
    if headTimeMs >= expirationMs { return .wait(.seconds(1)) }
    guard let sinceLastSending else { return .send }
    let pause = outcomes.contains(.accepted) ? resendAfter : nextNodeAfter
    return sinceLastSending >= pause ? .send : .wait(pause - sinceLastSending)
  }
}
