/// What a delegation lends. The numbers are the protocol's; its third, TRON_POWER, cannot be lent.
public enum ResourceCode: Int, Hashable, Sendable, CaseIterable {
  case bandwidth = 0
  case energy = 1

  /// The name in the JSON of nodes.
  public var name: String {
    switch self {
    case .bandwidth: "BANDWIDTH"
    case .energy: "ENERGY"
    }
  }
}
