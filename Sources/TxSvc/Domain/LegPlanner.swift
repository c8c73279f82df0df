import TronKit

/// Splits an order's energy over wallets. Pure: the caller reserves what it answers, under the lock under which it
/// read.
struct LegPlanner {
  /// What one wallet can promise.
  struct Offer: Sendable, Equatable {
    let supplier: TronAddress
    let available: Sun
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

  /// One wallet when one can carry all (the one with the least to spare, so that large orders still find room),
  /// otherwise the largest first and the rest from the tightest fit; nil when the pool cannot carry it.
  func plan(_ energy: Energy, offers: [Offer]) throws(AmountError) -> [PlannedLeg]? {
    var left = energy
    var open = offers.sorted { ($0.available, $0.supplier.base58) < ($1.available, $1.supplier.base58) }
    var legs: [PlannedLeg] = []
    while left > .zero, legs.count < legsMax {
      let whole = try stake(for: left)
      if let fit = open.first(where: { $0.available >= whole }) {
        legs.append(PlannedLeg(supplier: fit.supplier, energy: left, stake: whole))
        return legs
      }
      guard let largest = open.popLast() else { return nil }
      let part = try carried(by: largest.available)
      guard part > .zero else { return nil }
      legs.append(PlannedLeg(supplier: largest.supplier, energy: part, stake: try stake(for: part)))
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
