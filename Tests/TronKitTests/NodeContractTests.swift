import HTTPClient
import TestKit
import Testing
import TronKit

/// Calls of smart contracts and prices, with answers recorded from Nile.
@Suite(.timeLimit(.minutes(1))) struct NodeContractTests {
  private func node(
    _ answer: @escaping @Sendable (StubHTTPServer.Request) -> String
  ) throws -> (TronNodeClient, StubHTTPServer) {
    let server = try StubHTTPServer { .text(answer($0)) }
    return (TronNodeClient(baseURL: server.url, http: HTTPClient(), timeout: .seconds(2)), server)
  }

  private let balance = """
    {"result":{"result":true},"energy_used":935,
     "constant_result":["0000000000000000000000000000000000000000000000000000000040cfcc00"],
     "transaction":{"ret":[{}],"visible":false,
     "txID":"cff6488e738ce77f7325572fe0aa2470f87dbf1c95eeeb2c25feec59d5afa35c"}}
    """

  @Test func aTokenBalanceIsAskedOfTheContract() async throws {
    let text = balance
    let (node, server) = try node { _ in text }
    defer { server.stop() }
    let owner = try TronAddress(parsing: "TWd4WrZ9wn84f5x1hZhL4DHvk738ns5jwb")
    #expect(try await node.tokenBalance(of: owner, contract: USDT.nile) == 1_087_360_000)
    let request = try #require(server.seen.requests.first)
    #expect(request.target == "/wallet/triggerconstantcontract")
    let word = String(repeating: "0", count: 24) + Hex.encode(owner.bytes.dropFirst())
    #expect(request.text.contains("\"data\":\"70a08231\(word)\""))
    #expect(request.text.contains("\"contract_address\":\"TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf\""))
  }

  @Test(arguments: [
    #"{"result":{"result":true},"constant_result":["00"]}"#, #"{"result":{"result":true}}"#, "{}",
    #"{"result":{"result":true},"constant_result":["8000000000000000"]}"#,
    """
    {"result":{"result":true},"constant_result":["0000000000000000000000000000000000000000000000008000000000000000"]}
    """,
  ])
  func aBalanceThatCannotBeIsMalformed(text: String) async throws {
    let (node, server) = try node { _ in text }
    defer { server.stop() }
    let error = await #expect(throws: TronNodeError.self) {
      try await node.tokenBalance(of: .zero, contract: USDT.nile)
    }
    #expect(error?.code == .malformed)
  }

  @Test func aRevertIsAnAnswerWithItsReason() async throws {
    let reason =
      "08c379a0" + String(repeating: "0", count: 62) + "20" + String(repeating: "0", count: 62) + "04"
      + "706f6f72" + String(repeating: "0", count: 56)
    for message in ["REVERT opcode executed", "524556455254206f70636f6465206578656375746564"] {
      let (node, server) = try node { _ in
        """
        {"result":{"result":true,"message":"\(message)"},"energy_used":541,"constant_result":["\(reason)"],
         "transaction":{"ret":[{"ret":"FAILED"}]}}
        """
      }
      defer { server.stop() }
      let call = try await node.triggerConstantContract(owner: .zero, contract: USDT.nile, data: [1, 2, 3, 4])
      #expect(call.revert == "poor")
      #expect(call.energyUsed == Energy(541))
    }
    let (node, server) = try node { _ in
      #"{"result":{"result":true,"message":"REVERT opcode executed"},"constant_result":[""]}"#
    }
    defer { server.stop() }
    let bare = try await node.triggerConstantContract(owner: .zero, contract: USDT.nile, data: [1, 2, 3, 4])
    #expect(bare.revert == "REVERT opcode executed" && bare.energyUsed == .zero)
  }

  @Test func aContractThatDoesNotExistIsTheRequestsFault() async throws {
    let (node, server) = try node { _ in
      #"{"result":{"code":"CONTRACT_VALIDATE_ERROR","message":"Smart contract is not exist."}}"#
    }
    defer { server.stop() }
    let error = await #expect(throws: TronNodeError.self) {
      try await node.triggerConstantContract(owner: .zero, contract: .zero, data: [])
    }
    #expect(error?.code == .invalid && error?.blamesNode == false)
  }

  @Test func energyIsEstimatedAlsoWhereTheNodeDoesNotOfferIt() async throws {
    let (offering, first) = try node { _ in #"{"result":{"result":true},"energy_required":1870}"# }
    defer { first.stop() }
    #expect(try await offering.estimateEnergy(owner: .zero, contract: USDT.nile, data: [1]) == Energy(1870))
    let text = balance
    for refusal in [
      #"{"result":{"code":"CONTRACT_VALIDATE_ERROR","message":"this node does not support estimate energy"}}"#,
      #"{"Error":"this API is unavailable due to config"}"#,
    ] {
      let (lacking, second) = try node { $0.target.hasSuffix("estimateenergy") ? refusal : text }
      defer { second.stop() }
      #expect(try await lacking.estimateEnergy(owner: .zero, contract: USDT.nile, data: [1]) == Energy(935))
    }
  }

  @Test func pricesAreReadWithTheirBeginnings() async throws {
    let (node, server) = try node { _ in
      """
      {"prices":"0:100,1572597600000:10,1606282800000:40,1612768800000:140,1612769400000:140,1612778400000:140,\
      1628674200000:420,1635143400000:280,1669603800000:420,1726283400000:210,1754644200000:100"}
      """
    }
    defer { server.stop() }
    let prices = try await node.energyPrices()
    #expect(prices.count == 11)
    #expect(prices.last == ChainPrice(since: 1_754_644_200_000, price: Sun(100)))
    #expect(try await node.bandwidthPrices() == prices)
    #expect(server.seen.requests.map(\.target) == ["/wallet/getenergyprices", "/wallet/getbandwidthprices"])
  }

  @Test(arguments: ["0", "0:", "a:1", "0:1:2", "0:99999999999999999999"])
  func aPriceThatIsNoneIsMalformed(text: String) async throws {
    let (node, server) = try node { _ in "{\"prices\":\"\(text)\"}" }
    defer { server.stop() }
    let error = await #expect(throws: TronNodeError.self) { try await node.energyPrices() }
    #expect(error?.code == .malformed)
  }

  @Test func theFactorOfABusyContractIsLeftOutWhenItIsZero() async throws {
    let (calm, first) = try node { _ in #"{"contract_state":{"energy_usage":236150,"update_cycle":256749}}"# }
    defer { first.stop() }
    #expect(try await calm.energyFactor(of: USDT.nile) == 0)
    let (busy, second) = try node { _ in #"{"contract_state":{"energy_usage":236150,"energy_factor":13000}}"# }
    defer { second.stop() }
    #expect(try await busy.energyFactor(of: USDT.nile) == 13_000)
  }

  @Test func amountsBeyondFiftyThreeBitsKeepTheirLastDigit() async throws {
    let (node, server) = try node { _ in #"{"max_size":9007199254740993}"# }
    defer { server.stop() }
    #expect(try await node.canDelegateMaxSize(owner: .zero, resource: .energy) == Sun(9_007_199_254_740_993))
  }
}
