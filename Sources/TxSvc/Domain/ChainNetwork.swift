import TronKit

/// A public network, known by its first block: the nodes and the token must be of the same one.
enum ChainNetwork: Sendable, CaseIterable {
  case mainnet
  case nile

  /// The last four bytes of the first block's id: what the network calls its chain id.
  private var chainID: [UInt8] {
    switch self {
    case .mainnet: [0x2b, 0x66, 0x53, 0xdc]
    case .nile: [0xcd, 0x86, 0x90, 0xdc]
    }
  }

  private var usdt: TronAddress {
    switch self {
    case .mainnet: USDT.mainnet
    case .nile: USDT.nile
    }
  }

  /// What is wrong with a token for nodes whose first block is this; nil where nothing is, or the network is not
  /// known. The other network's contract has no code here: no deposit would ever be seen.
  static func mistake(token: TronAddress, genesis: BlockID) -> String? {
    guard let network = allCases.first(where: { $0.chainID == Array(genesis.bytes.suffix(4)) }),
      let other = allCases.first(where: { $0 != network && $0.usdt == token })
    else { return nil }
    return "the nodes are of \(network) and \(token) is USDT on \(other): set ENERGY_USDT_CONTRACT to \(network.usdt)"
  }
}
