import Testing
import TronKit

@testable import TxSvc

@Suite("The network of nodes and token")
struct ChainNetworkTests {
  private let mainnet = "00000000000000001ebf88508a03865c71d452e25f4d51194196a1d22b6653dc"
  private let nile = "0000000000000000d698d4192c56cb6be724a558448e2684802de4d6cd8690dc"

  @Test("is the same, or nothing is followed")
  func mistakes() throws {
    let (mainnet, nile) = (try BlockID(hex: mainnet), try BlockID(hex: nile))
    #expect(ChainNetwork.mistake(token: USDT.mainnet, genesis: mainnet) == nil)
    #expect(ChainNetwork.mistake(token: USDT.nile, genesis: nile) == nil)
    #expect(ChainNetwork.mistake(token: USDT.mainnet, genesis: nile)?.contains(USDT.nile.base58) == true)
    #expect(ChainNetwork.mistake(token: USDT.nile, genesis: mainnet)?.contains(USDT.mainnet.base58) == true)
  }

  @Test("is told by the first block, and says how far a solid head is behind the head at least")
  func distances() throws {
    let shasta = try BlockID(bytes: [UInt8](repeating: 0, count: 28) + [0x94, 0xa9, 0x05, 0x9e])
    #expect(ChainNetwork(genesis: try BlockID(hex: mainnet)) == .mainnet)
    #expect(ChainNetwork(genesis: try BlockID(hex: nile)) == .nile)
    #expect(ChainNetwork(genesis: shasta) == .shasta)
    #expect(ChainNetwork(genesis: try Samples.block(0, fork: 3)) == nil)
    #expect(ChainNetwork.allCases.allSatisfy { $0.solidDistanceMin > 0 && $0.solidDistanceMin <= 18 })
    #expect(ChainNetwork.mistake(token: USDT.mainnet, genesis: shasta)?.contains("shasta") == true)
  }

  @Test("is not judged where the operator has a token or a chain of their own")
  func own() throws {
    let own = try Samples.address(9)
    #expect(ChainNetwork.mistake(token: own, genesis: try BlockID(hex: nile)) == nil)
    #expect(ChainNetwork.mistake(token: USDT.mainnet, genesis: try Samples.block(0, fork: 3)) == nil)
  }
}
