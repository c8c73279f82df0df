import TronKit

/// Calls of a TRC-20 token, written and read without the product's own code for them.
enum TokenABI {
  enum Call: Sendable, Equatable {
    case transfer(to: TronAddress, amount: Int64)
    case transferFrom(from: TronAddress, to: TronAddress, amount: Int64)
    case approve(spender: TronAddress, amount: Int64)
  }

  /// A contract of the simulator that passes on the TRX it is called with.
  static func forward(to: TronAddress) -> [UInt8] { [0, 0, 0, 0] + word(to) }

  static func data(_ call: Call) -> [UInt8] {
    switch call {
    case .transfer(let to, let amount): [0xa9, 0x05, 0x9c, 0xbb] + word(to) + word(amount)
    case .transferFrom(let from, let to, let amount): [0x23, 0xb8, 0x72, 0xdd] + word(from) + word(to) + word(amount)
    case .approve(let spender, let amount): [0x09, 0x5e, 0xa7, 0xb3] + word(spender) + word(amount)
    }
  }

  /// nil: another function.
  static func call(_ data: [UInt8]) throws -> Call? {
    func address(_ index: Int) throws -> TronAddress { try TronAddress(evmBytes: Array(word(index, data).suffix(20))) }
    func number(_ index: Int) -> Int64 { word(index, data).suffix(8).reduce(0) { $0 << 8 | Int64($1) } }
    switch Hex.encode(Array(data.prefix(4))) {
    case "a9059cbb": return .transfer(to: try address(0), amount: number(1))
    case "23b872dd": return .transferFrom(from: try address(0), to: try address(1), amount: number(2))
    case "095ea7b3": return .approve(spender: try address(0), amount: number(1))
    default: return nil
    }
  }

  /// The receiver in a forwarder's data.
  static func receiver(_ data: [UInt8]) throws -> TronAddress {
    try TronAddress(evmBytes: Array(word(0, data).suffix(20)))
  }

  private static func word(_ index: Int, _ data: [UInt8]) -> [UInt8] {
    Array(data.dropFirst(4 + 32 * index).prefix(32))
  }

  private static func word(_ address: TronAddress) -> [UInt8] { ABIWord(address).bytes }
  private static func word(_ number: Int64) -> [UInt8] {
    [UInt8](repeating: 0, count: 24) + (0..<8).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
  }
}
