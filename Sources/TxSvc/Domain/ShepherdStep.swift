import Foundation

/// What to do for a stored transaction that is not in a block yet (I10).
enum ShepherdStep: Sendable, Equatable {
  /// It is in a block or dead.
  case finished
  /// Commit a sending row, then send the same bytes.
  case send
  case wait(Duration)
  /// It was refused for good, by enough nodes: mark it dead.
  case bury
  /// Solid chain time is past its expiration: when the chain does not know it, it is dead.
  case settleExpired

  /// After a node took it, the same bytes are sent again when no block has shown it for this long.
  static let resendAfter: Duration = .seconds(9)
  /// A node that may or may not have it is followed by the next one after this.
  static let nextNodeAfter: Duration = .milliseconds(400)

  /// How soon an expired transaction is looked for again where no node can tell yet: after a tenth of the chain time
  /// since its expiration, within these. Most wait for a second node's next solid blocks, but nodes that stay behind
  /// must not cost a day's calls.
  static let searchAgain: ClosedRange<Duration> = Duration.seconds(2)...Duration.seconds(60)

  static func searchAgainAfter(expirationMs: Int64, solidTimeMs: Int64) -> Duration {
    min(searchAgain.upperBound, max(searchAgain.lowerBound, .milliseconds((solidTimeMs - expirationMs) / 10)))
  }

  /// - Parameters:
  ///   - sendings: all of them.
  ///   - judges: the names of the nodes that can be asked for their judgement now; asked for where it matters.
  ///   - sinceLastSending: Postgres time since the latest; nil without any.
  static func next(
    state: StoredTransaction.State, sendings: [Sending], judges: @autoclosure () -> Set<String>, expirationMs: Int64,
    headTimeMs: Int64, solidTimeMs: Int64, sinceLastSending: Duration?
  ) -> ShepherdStep {
    switch state {
    case .inBlock, .solid, .dead: return .finished
    case .signed: break
    }
    let verdict = SendingVerdict.of(state, sendings, judges: judges())
    if case .refused = verdict { return .bury }
    if solidTimeMs > expirationMs { return .settleExpired }
    if headTimeMs >= expirationMs { return .wait(.seconds(1)) }
    guard let sinceLastSending, verdict != .doubted else { return .send }
    let pause = sendings.contains { $0.outcome == .accepted } ? resendAfter : nextNodeAfter
    return sinceLastSending >= pause ? .send : .wait(pause - sinceLastSending)
  }
}
