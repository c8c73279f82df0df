/// java-tron's ResourceCode. `tronPower` cannot be delegated.
enum Resource: Int64, Sendable {
  case bandwidth = 0
  case energy = 1
  case tronPower = 2

  var name: String {
    switch self {
    case .bandwidth: "BANDWIDTH"
    case .energy: "ENERGY"
    case .tronPower: "TRON_POWER"
    }
  }

  init?(name: String) {
    switch name {
    case "BANDWIDTH": self = .bandwidth
    case "ENERGY": self = .energy
    case "TRON_POWER": self = .tronPower
    default: return nil
    }
  }
}
