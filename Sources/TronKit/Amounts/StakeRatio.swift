/// How much energy staked TRX yields at one moment: the chain divides a fixed limit by everybody's stake. It floats,
/// so what is delegated and reclaimed is always the sun, never the energy.
public struct StakeRatio: Hashable, Sendable, Codable {
  /// Energy of the whole network, `TotalEnergyLimit`.
  public let totalEnergyLimit: Int64
  /// TRX staked for energy in the whole network, `TotalEnergyWeight`.
  public let totalEnergyWeight: Int64

  /// Nil unless both are positive, as a node answers for an account that does not exist.
  public init?(totalEnergyLimit: Int64, totalEnergyWeight: Int64) {
    guard totalEnergyLimit > 0, totalEnergyWeight > 0 else { return nil }
    self.totalEnergyLimit = totalEnergyLimit
    self.totalEnergyWeight = totalEnergyWeight
  }

  /// The smallest stake that yields at least this much energy.
  public func stake(for energy: Energy) throws(AmountError) -> Sun {
    let product = Int128(energy.value) * Int128(totalEnergyWeight) * Int128(Sun.perTRX)
    let limit = Int128(totalEnergyLimit)
    let quotient = product / limit + (product % limit > 0 ? 1 : 0)
    guard let sun = Int64(exactly: quotient) else { throw .overflow("the stake for \(energy)") }
    return Sun(sun)
  }

  /// What a stake yields, rounded down.
  public func energy(for stake: Sun) throws(AmountError) -> Energy {
    let product = Int128(stake.value) * Int128(totalEnergyLimit)
    let quotient = product / (Int128(totalEnergyWeight) * Int128(Sun.perTRX))
    guard let energy = Int64(exactly: quotient) else { throw .overflow("the energy of \(stake)") }
    return Energy(energy)
  }
}
