import TronKit

/// A leg as far as comparing with the chain needs it.
struct LiveLeg: Sendable, Equatable {
  let id: String
  /// nil where only the total is wanted.
  let receiver: TronAddress?
  let stake: Sun
  let state: LegState
}

/// What the chain may say has been lent, given our rows before and after it was asked: transactions on their way count
/// or do not.
struct LedgerBounds: Sendable, Equatable {
  let least: Sun
  let most: Sun

  /// Nothing was on its way: the chain can say only one figure.
  var isExact: Bool { least == most }

  init(least: Sun, most: Sun) {
    self.least = least
    self.most = most
  }

  init(before: [LiveLeg], after: [LiveLeg]) throws(AmountError) {
    var least = Sun.zero
    var most = Sun.zero
    let solidBefore = Set(before.filter { $0.state == .solid }.map(\.id))
    var seen: Set<String> = []
    for leg in after where leg.state != .planned {
      seen.insert(leg.id)
      most = try most.adding(leg.stake)
      if leg.state == .solid, solidBefore.contains(leg.id) { least = try least.adding(leg.stake) }
    }
    // Gone since: taken back, or dead, while the chain was asked.
    for leg in before where leg.state != .planned && !seen.contains(leg.id) { most = try most.adding(leg.stake) }
    self.least = least
    self.most = most
  }

  func contains(_ chain: Sun) -> Bool { least <= chain && chain <= most }

  /// What of ours is nearest to the chain's figure.
  func nearest(_ chain: Sun) -> Sun { min(max(chain, least), most) }
}
