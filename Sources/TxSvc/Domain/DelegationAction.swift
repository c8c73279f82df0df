/// What has to happen besides the rows that changed.
enum DelegationAction: Sendable, Equatable {
  enum News: Sendable, Equatable { case submitted, confirmed, reverted, final, failed, reclaimed }

  /// Check the receiver and sign the planned legs.
  case prepare
  case send(txID: String)
  /// It is in a block: nothing is left to do until that is taken back, which sends it again.
  case rest(txID: String)
  case reclaim(legID: String, after: Duration)
  /// As an operator wishes: beside the one that rests after a refusal.
  case reclaimByHand(legID: String)
  case publish(News, seq: Int64)

  var isNews: Bool {
    if case .publish = self { true } else { false }
  }
}
