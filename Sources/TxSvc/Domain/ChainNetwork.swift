import TronKit

/// A public network, known by its first block: the nodes and the token must be of the same one.
enum ChainNetwork: Sendable, CaseIterable {
  case mainnet
  case nile
  case shasta

  /// The last four bytes of the first block's id: what the network calls its chain id.
  private var chainID: [UInt8] {
    switch self {
    case .mainnet: [0x2b, 0x66, 0x53, 0xdc]
    case .nile: [0xcd, 0x86, 0x90, 0xdc]
    case .shasta: [0x94, 0xa9, 0x05, 0x9e]
    }
  }

  /// nil where none is known.
  private var usdt: TronAddress? {
    switch self {
    case .mainnet: USDT.mainnet
    case .nile: USDT.nile
    case .shasta: nil
    }
  }

  /// Blocks by which a solid head is behind the head at least. With 27 super representatives, of whom 19 have to build
  /// on a block, these are 18; half of that, because a gateway's answers come from nodes that are not all as far.
  var solidDistanceMin: Int64 {
    switch self {
    case .mainnet: 9
    // Test networks may have fewer representatives.
    case .nile, .shasta: 1
    }
  }

  /// nil for any other network.
  init?(genesis: BlockID) {
    let chainID = Array(genesis.bytes.suffix(4))
    guard let network = Self.allCases.first(where: { $0.chainID == chainID }) else { return nil }
    self = network
  }

  /// What is wrong with a token for nodes whose first block is this; nil where nothing is, or the network is not
  /// known. The other network's contract has no code here: no deposit would ever be seen.
  static func mistake(token: TronAddress, genesis: BlockID) -> String? {
    guard let network = ChainNetwork(genesis: genesis),
      let other = allCases.first(where: { $0 != network && $0.usdt == token })
    else { return nil }
    let right = network.usdt?.base58 ?? "a token of that network"
    return "the nodes are of \(network) and \(token) is USDT on \(other): set ENERGY_USDT_CONTRACT to \(right)"
  }
}
