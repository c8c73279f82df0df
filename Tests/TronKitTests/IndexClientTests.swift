import HTTPClient
import TestKit
import Testing
import TronKit

@Suite(.timeLimit(.minutes(1))) struct IndexClientTests {
  let address = "TDsCgUWZkyBLEEJXP2B1X81bASueT1Uqtf"

  @Test func tronGridGivesBalancesAndTheNodeBehindItResources() async throws {
    let server = try StubHTTPServer { request in
      request.target.hasPrefix("/v1/accounts/")
        ? .text(
          """
          {"success":true,"meta":{"at":1},"data":[{"address":"412ba0","balance":5000000,"create_time":1,
           "trc20":[{"TFakeFakeFake":"999"},{"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t":"1234567"}]}]}
          """)
        : .text(#"{"freeNetLimit":600,"freeNetUsed":100,"NetLimit":50,"EnergyLimit":70000,"EnergyUsed":5000}"#)
    }
    defer { server.stop() }
    let grid = TronGridClient(baseURL: server.url, http: HTTPClient(), apiKey: "k")
    let balance = try await grid.account(TronAddress(parsing: address))
    #expect(balance.trx == Sun(5_000_000))
    #expect(balance.usdtMicro == 1_234_567)
    #expect(balance.energyAvailable == Energy(65_000))
    #expect(balance.bandwidthAvailable == 550)
    #expect(balance.activated && !balance.isContract)
    #expect(Set(server.seen.requests.map(\.target)) == ["/v1/accounts/\(address)", "/wallet/getaccountresource"])
  }

  @Test func tronGridKnowsAddressesThatAreNotActivatedAndFailures() async throws {
    let server = try StubHTTPServer { $0.target.hasPrefix("/v1") ? .text(#"{"success":true,"data":[]}"#) : .text("{}") }
    defer { server.stop() }
    let balance = try await TronGridClient(baseURL: server.url, http: HTTPClient()).account(.zero)
    #expect(!balance.activated && balance.trx == .zero && balance.usdtMicro == 0)

    let failing = try StubHTTPServer { $0.target.hasPrefix("/v1") ? .text(#"{"success":false}"#) : .text("{}") }
    defer { failing.stop() }
    await #expect(throws: TronNodeError.self) {
      try await TronGridClient(baseURL: failing.url, http: HTTPClient()).account(.zero)
    }
  }

  @Test func tronScanCountsTheTokenByItsContractAndItsBalance() async throws {
    let server = try StubHTTPServer { _ in
      .text(
        """
        {"balance":7,"activated":true,"bandwidth":{"freeNetRemaining":600,"netRemaining":5,"energyRemaining":64000,
         "energyLimit":65000},"withPriceTokens":[{"tokenId":"_","tokenAbbr":"trx","balance":"7","amount":"0.000007"},
         {"tokenId":"TFakeFakeFake","tokenAbbr":"USDT","balance":"999","amount":1},
         {"tokenId":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","tokenAbbr":"USDT","balance":"42","amount":130.5,
          "tokenDecimal":6}]}
        """)
    }
    defer { server.stop() }
    let scan = TronScanClient(baseURL: server.url, http: HTTPClient())
    let balance = try await scan.account(TronAddress(parsing: address))
    #expect(
      balance
        == ChainBalance(
          address: try TronAddress(parsing: address), trx: Sun(7), usdtMicro: 42, energyAvailable: Energy(64_000),
          energyLimit: Energy(65_000), bandwidthAvailable: 605, activated: true, isContract: false))
    #expect(server.seen.requests.first?.target == "/api/accountv2?address=\(address)")
  }
}
