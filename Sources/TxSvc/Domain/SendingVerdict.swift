import TronKit

/// What all sendings of a transaction prove together (I10).
enum SendingVerdict: Sendable, Equatable {
  /// At least one node may have it, or it was never sent, or its fate is decided already.
  case mayHaveIt
  /// Every node that got it refused it before its pool. Holds the last one's words.
  case refused(Rejection)

  static func of(_ state: StoredTransaction.State, _ sendings: [Sending]) -> SendingVerdict {
    guard state == .signed, sendings.allSatisfy({ $0.outcome == .rejected }),
      let last = sendings.max(by: { $0.id < $1.id })
    else { return .mayHaveIt }
    return .refused(Rejection(code: last.code ?? "", message: last.message ?? ""))
  }
}
