/// The command line.
struct Options: Sendable, Equatable {
  struct Mistake: Error, Equatable, CustomStringConvertible {
    let description: String
  }

  static let usage = """
    usage: tron-sim --address HOST:PORT --data DIR [--block-interval-ms 3000] [--solid-after 18]
                    [--suppliers 2] [--supplier-stake-trx 5000000] [--usdt-contract T…]
    A TRON node for development: java-tron's, TronGrid's and TronScan's HTTP APIs over a chain kept in DIR.
    Port 0 takes a free port; the first line printed says which.
    """

  var host = "127.0.0.1"
  var port = 0
  var dataDirectory = ""
  var blockIntervalMs: Int64 = 3_000
  var solidAfter: Int64 = 18
  var suppliers = 2
  var supplierStakeTRX: Int64 = 5_000_000
  /// Where a new chain has its USDT contract.
  var usdtContract = Genesis.mainnetUSDT

  var blockInterval: Duration { .milliseconds(blockIntervalMs) }

  init(dataDirectory: String) { self.dataDirectory = dataDirectory }

  init(arguments: [String]) throws(Mistake) {
    var rest = arguments[...]
    var addressGiven = false
    while let name = rest.popFirst() {
      guard name.hasPrefix("--") else { throw Mistake(description: "'\(name)' is no option") }
      guard let value = rest.popFirst() else { throw Mistake(description: "\(name) needs a value") }
      switch name {
      case "--address":
        (host, port) = try Self.address(value)
        addressGiven = true
      case "--data": dataDirectory = value
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
    guard addressGiven else { throw Mistake(description: "--address HOST:PORT is missing") }
    guard !dataDirectory.isEmpty else { throw Mistake(description: "--data DIR is missing") }
  }

  private static func address(_ text: String) throws(Mistake) -> (String, Int) {
    guard let colon = text.lastIndex(of: ":"), colon != text.startIndex,
      let port = Int(text[text.index(after: colon)...]), (0...65_535).contains(port)
    else { throw Mistake(description: "--address '\(text)' must be HOST:PORT, e.g. 127.0.0.1:8090") }
    return (String(text[..<colon]), port)
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
