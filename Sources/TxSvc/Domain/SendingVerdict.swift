import TronKit

/// What all sendings of a transaction prove together (I10).
enum SendingVerdict: Sendable, Equatable {
  /// At least one node may have it, or it was never sent, or its fate is decided already.
  case mayHaveIt
  /// Every node that got it refused it, but it may be the one node that is wrong: another has yet to judge it.
  case doubted
  /// Two nodes refused it before their pools, or the only one there is to ask did. Holds the last one's words.
  case refused(Rejection)

  /// Refusals of so many different nodes are believed.
  static let refusersMin = 2

  /// - Parameter judges: the names of the nodes that can be asked for their judgement now; asked for where it matters.
  static func of(
    _ state: StoredTransaction.State, _ sendings: [Sending], judges: @autoclosure () -> Set<String>
  ) -> SendingVerdict {
    guard state == .signed, sendings.allSatisfy({ $0.outcome == .rejected }),
      let last = sendings.max(by: { $0.id < $1.id })
    else { return .mayHaveIt }
    let refusers = Set(sendings.map(\.node))
    guard refusers.count >= refusersMin || judges().isSubset(of: refusers) else { return .doubted }
    return .refused(Rejection(code: last.code ?? "", message: last.message ?? ""))
  }
}
