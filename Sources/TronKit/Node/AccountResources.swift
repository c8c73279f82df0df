/// Energy and bandwidth of an account, recovered up to the node's head block, and the network's totals. All zero for an
/// address that is not activated.
public struct AccountResources: Hashable, Sendable {
  public let energyLimit: Energy
  public let energyUsed: Energy
  /// Bandwidth from stake.
  public let bandwidthLimit: Int64
  public let bandwidthUsed: Int64
  /// The daily free bandwidth.
  public let freeBandwidthLimit: Int64
  public let freeBandwidthUsed: Int64
  /// Energy of the whole network.
  public let totalEnergyLimit: Int64
  /// TRX staked for energy in the whole network.
  public let totalEnergyWeight: Int64

  public init(
    energyLimit: Energy = .zero, energyUsed: Energy = .zero, bandwidthLimit: Int64 = 0, bandwidthUsed: Int64 = 0,
    freeBandwidthLimit: Int64 = 0, freeBandwidthUsed: Int64 = 0, totalEnergyLimit: Int64 = 0,
    totalEnergyWeight: Int64 = 0
  ) {
    self.energyLimit = energyLimit
    self.energyUsed = energyUsed
    self.bandwidthLimit = bandwidthLimit
    self.bandwidthUsed = bandwidthUsed
    self.freeBandwidthLimit = freeBandwidthLimit
    self.freeBandwidthUsed = freeBandwidthUsed
    self.totalEnergyLimit = totalEnergyLimit
    self.totalEnergyWeight = totalEnergyWeight
  }

  public var energyAvailable: Energy { Energy(max(0, energyLimit.value - energyUsed.value)) }
  public var bandwidthAvailable: Int64 { max(0, bandwidthLimit - bandwidthUsed) }
  public var freeBandwidthAvailable: Int64 { max(0, freeBandwidthLimit - freeBandwidthUsed) }
  /// Nil when the node did not say.
  public var stakeRatio: StakeRatio? {
    StakeRatio(totalEnergyLimit: totalEnergyLimit, totalEnergyWeight: totalEnergyWeight)
  }
}

/// The JSON of `/wallet/getaccountresource`; zeros are left out.
struct ResourcesAnswer: Decodable {
  var EnergyLimit: Int64?
  var EnergyUsed: Int64?
  var NetLimit: Int64?
  var NetUsed: Int64?
  var freeNetLimit: Int64?
  var freeNetUsed: Int64?
  var TotalEnergyLimit: Int64?
  var TotalEnergyWeight: Int64?

  func resources() throws(TronNodeError) -> AccountResources {
    AccountResources(
      energyLimit: Energy(try NodeNumber.resource(EnergyLimit, "EnergyLimit")),
      energyUsed: Energy(try NodeNumber.resource(EnergyUsed, "EnergyUsed")),
      bandwidthLimit: try NodeNumber.resource(NetLimit, "NetLimit"),
      bandwidthUsed: try NodeNumber.resource(NetUsed, "NetUsed"),
      freeBandwidthLimit: try NodeNumber.resource(freeNetLimit, "freeNetLimit"),
      freeBandwidthUsed: try NodeNumber.resource(freeNetUsed, "freeNetUsed"),
      totalEnergyLimit: try NodeNumber.resource(TotalEnergyLimit, "TotalEnergyLimit"),
      totalEnergyWeight: try NodeNumber.resource(TotalEnergyWeight, "TotalEnergyWeight"))
  }
}
