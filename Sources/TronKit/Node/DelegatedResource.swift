/// What one account lends to another, in staked sun: all delegations of the pair added up.
public struct DelegatedResource: Hashable, Sendable {
  public struct Part: Hashable, Sendable {
    public var energy = Sun.zero
    public var bandwidth = Sun.zero

    public init(energy: Sun = .zero, bandwidth: Sun = .zero) {
      self.energy = energy
      self.bandwidth = bandwidth
    }
  }

  /// Can be reclaimed at once.
  public var unlocked = Part()
  /// Can be reclaimed once a block is later than the expiry.
  public var locked = Part()
  /// Milliseconds of chain time; nil where nothing is locked.
  public var energyExpiry: Int64?
  public var bandwidthExpiry: Int64?

  public init() {}
}

/// The JSON of `getdelegatedresourcev2`: a record without expiry, one with, either, or `{}`.
struct DelegatedResourceAnswer: Decodable {
  struct Record: Decodable {
    var frozen_balance_for_bandwidth: Int64?
    var frozen_balance_for_energy: Int64?
    var expire_time_for_bandwidth: Int64?
    var expire_time_for_energy: Int64?
  }

  var delegatedResource: [Record]?

  func resource() throws -> DelegatedResource {
    var sum = DelegatedResource()
    for record in delegatedResource ?? [] {
      let energy = try NodeNumber.sun(record.frozen_balance_for_energy, "frozen_balance_for_energy")
      let bandwidth = try NodeNumber.sun(record.frozen_balance_for_bandwidth, "frozen_balance_for_bandwidth")
      if let expiry = record.expire_time_for_energy, expiry > 0 {
        sum.locked.energy = try sum.locked.energy.adding(energy)
        sum.energyExpiry = max(sum.energyExpiry ?? 0, try time(expiry))
      } else {
        sum.unlocked.energy = try sum.unlocked.energy.adding(energy)
      }
      if let expiry = record.expire_time_for_bandwidth, expiry > 0 {
        sum.locked.bandwidth = try sum.locked.bandwidth.adding(bandwidth)
        sum.bandwidthExpiry = max(sum.bandwidthExpiry ?? 0, try time(expiry))
      } else {
        sum.unlocked.bandwidth = try sum.unlocked.bandwidth.adding(bandwidth)
      }
    }
    return sum
  }

  private func time(_ expiry: Int64) throws(TronNodeError) -> Int64 {
    try NodeNumber.checked(expiry, "expire_time", NodeNumber.times)
  }
}
