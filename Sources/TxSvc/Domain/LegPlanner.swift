import TronKit

/// Splits an order's energy over wallets. Pure: the caller reserves what it answers, under the lock under which it
/// read.
struct LegPlanner {
  /// What one wallet can promise.
  struct Offer: Sendable, Equatable {
    let supplier: TronAddress
    let available: Sun
    /// It lends to the receiver already, for another order. On chain both are one sum, and taking back the first
    /// pulls a share of what was used of the second: such a wallet is taken only when the others cannot carry it.
    var isShared = false
  }

  struct PlannedLeg: Sendable, Equatable {
    let supplier: TronAddress
    let energy: Energy
    let stake: Sun
  }

  /// java-tron refuses a delegation of less ("delegateBalance must be greater than or equal to 1 TRX").
  static let stakeMin = Sun(Sun.perTRX)

  let ratio: StakeRatio
  /// Added to the stake, in thousandths, because the ratio floats while the energy is rented.
  let marginPermille: Int64
  let legsMax: Int
  var strategy: any WalletStrategy = BestFit()

  /// Legs whose energy adds up to the order's, none above what its wallet offers; nil when the pool cannot carry it.
  func plan(_ energy: Energy, offers: [Offer]) throws(AmountError) -> [PlannedLeg]? {
    let unshared = offers.filter { !$0.isShared }
    if let legs = try assign(energy, unshared) { return legs }
    return unshared.count < offers.count ? try assign(energy, offers) : nil
  }

  private func assign(_ energy: Energy, _ offers: [Offer]) throws(AmountError) -> [PlannedLeg]? {
    var open: [Offer] = []
    for offer in offers where try carried(by: offer.available) > .zero { open.append(offer) }
    open.sort { ($0.available, $0.supplier.base58) < ($1.available, $1.supplier.base58) }
    // Taking the largest first needs the fewest legs: when a strategy's choice runs out of legs, that may not.
    if let legs = try fill(energy, open, strategy) { return legs }
    return try fill(energy, open, MostFree())
  }

  private func fill(
    _ energy: Energy, _ offers: [Offer], _ strategy: any WalletStrategy
  ) throws(AmountError) -> [PlannedLeg]? {
    var left = energy
    var open = offers
    var legs: [PlannedLeg] = []
    while left > .zero, legs.count < legsMax, !open.isEmpty {
      let whole = try stake(for: left)
      let offer = open.remove(at: strategy.choose(from: open, for: whole))
      if offer.available >= whole {
        legs.append(PlannedLeg(supplier: offer.supplier, energy: left, stake: whole))
        return legs
      }
      let part = try carried(by: offer.available)
      legs.append(PlannedLeg(supplier: offer.supplier, energy: part, stake: try stake(for: part)))
      left = try left.subtracting(part)
    }
    return nil
  }

  /// The sun to delegate for this energy: margin added, rounded up, at least the chain's minimum.
  func stake(for energy: Energy) throws(AmountError) -> Sun {
    let bare = try ratio.stake(for: energy)
    let product = Int128(bare.value) * Int128(1000 + marginPermille)
    guard let sun = Int64(exactly: (product + 999) / 1000) else { throw .overflow("the stake for \(energy)") }
    return max(Self.stakeMin, Sun(sun))
  }

  /// The most energy whose stake fits.
  func carried(by available: Sun) throws(AmountError) -> Energy {
    guard available >= Self.stakeMin else { return .zero }
    let bare = Sun(Int64(Int128(available.value) * 1000 / Int128(1000 + marginPermille)))
    var energy = try ratio.energy(for: bare)
    // Both roundings together can be off by a unit or two.
    while energy > .zero, try stake(for: energy) > available { energy = Energy(energy.value - 1) }
    return energy
  }
}
