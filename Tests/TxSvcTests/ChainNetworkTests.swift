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

  @Test("is not judged where the operator has a token or a chain of their own")
  func own() throws {
    let own = try Samples.address(9)
    #expect(ChainNetwork.mistake(token: own, genesis: try BlockID(hex: nile)) == nil)
    #expect(ChainNetwork.mistake(token: USDT.mainnet, genesis: try Samples.block(0, fork: 3)) == nil)
  }
}
