/// The command line.
struct Options: Sendable, Equatable {
  struct Mistake: Error, Equatable, CustomStringConvertible {
    let description: String
  }

  struct Endpoint: Sendable, Equatable {
    var host: String
    var port: Int
  }

  static let usage = """
    usage: tron-sim --address HOST:PORT [--address HOST:PORT ...] --data DIR [--nodes 1] [--gossip-ms 100]
                    [--block-interval-ms 3000] [--solid-after 19] [--suppliers 2] [--supplier-stake-trx 5000000]
                    [--usdt-contract T…]
    A TRON network for development: java-tron's, TronGrid's and TronScan's HTTP APIs over a chain kept in DIR.
    Port 0 takes a free port; the first line printed says which. Nodes beyond the addresses given take the
    ports that follow the last one (free ports after port 0).
    """

  static let nodesMaximum: Int64 = 16

  private(set) var addresses: [Endpoint] = []
  var dataDirectory = ""
  /// Nodes that show the chain.
  private(set) var nodes = 1
  /// How long a transaction takes from one node to the others.
  var gossipMs: Int64 = 100
  var blockIntervalMs: Int64 = 3_000
  var solidAfter: Int64 = 19
  var suppliers = 2
  var supplierStakeTRX: Int64 = 5_000_000
  /// Where a new chain has its USDT contract.
  var usdtContract = Genesis.mainnetUSDT

  var blockInterval: Duration { .milliseconds(blockIntervalMs) }

  /// A free port of the loopback interface for each node.
  init(dataDirectory: String, nodes: Int = 1) {
    self.dataDirectory = dataDirectory
    self.nodes = nodes
    addresses = [Endpoint(host: "127.0.0.1", port: 0)]
  }

  init(arguments: [String]) throws(Mistake) {
    var rest = arguments[...]
    while let name = rest.popFirst() {
      guard name.hasPrefix("--") else { throw Mistake(description: "'\(name)' is no option") }
      guard let value = rest.popFirst() else { throw Mistake(description: "\(name) needs a value") }
      switch name {
      case "--address": addresses.append(try Self.address(value))
      case "--data": dataDirectory = value
      case "--nodes": nodes = Int(try Self.number(name, value, in: 1...Self.nodesMaximum))
      case "--gossip-ms": gossipMs = try Self.number(name, value, in: 0...60_000)
      case "--block-interval-ms": blockIntervalMs = try Self.number(name, value, in: 10...3_600_000)
      case "--solid-after": solidAfter = try Self.number(name, value, in: 0...1_000)
      case "--suppliers": suppliers = Int(try Self.number(name, value, in: 0...1_000))
      case "--supplier-stake-trx": supplierStakeTRX = try Self.number(name, value, in: 0...100_000_000_000)
      case "--usdt-contract":
        guard let address = Address(base58: value) else {
          throw Mistake(description: "--usdt-contract '\(value)' is no TRON address (T…)")
        }
        usdtContract = address
      default: throw Mistake(description: "unknown option \(name)")
      }
    }
    guard !addresses.isEmpty else { throw Mistake(description: "--address HOST:PORT is missing") }
    guard addresses.count <= Self.nodesMaximum else {
      throw Mistake(
        description: "\(addresses.count) addresses are more than the \(Self.nodesMaximum) nodes there can be")
    }
    guard !dataDirectory.isEmpty else { throw Mistake(description: "--data DIR is missing") }
    nodes = max(nodes, addresses.count)
    let last = address(ofNode: nodes - 1)
    guard last.port <= 65_535 else {
      throw Mistake(description: "node \(nodes) would get port \(last.port); give it an --address of its own")
    }
  }

  /// Where the node with this index is to listen.
  func address(ofNode index: Int) -> Endpoint {
    if index < addresses.count { return addresses[index] }
    var address = addresses[addresses.count - 1]
    if address.port != 0 { address.port += index - (addresses.count - 1) }
    return address
  }

  private static func address(_ text: String) throws(Mistake) -> Endpoint {
    guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
      let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port)
    else { throw Mistake(description: "--address '\(text)' must be HOST:PORT, e.g. 127.0.0.1:8090") }
    return Endpoint(host: String(text[..<colon]), port: port)
  }

  private static func number(
    _ name: String, _ value: String, in range: ClosedRange<Int64>
  ) throws(Mistake) -> Int64 {
    guard let number = Int64(value), range.contains(number) else {
      throw Mistake(
        description: "\(name) '\(value)' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}
