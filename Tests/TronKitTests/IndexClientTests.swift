import HTTPClient
import TestKit
import Testing
import TronKit

@Suite(.timeLimit(.minutes(1))) struct IndexClientTests {
  let address = "TDsCgUWZkyBLEEJXP2B1X81bASueT1Uqtf"

  private func balance(grid row: String, node: String = #"{"freeNetLimit":600}"#) async throws -> ChainBalance {
    let server = try StubHTTPServer {
      .text($0.target.hasPrefix("/v1") ? #"{"success":true,"data":[\#(row)]}"# : node)
    }
    defer { server.stop() }
    return try await TronGridClient(baseURL: server.url, http: HTTPClient()).account(TronAddress(parsing: address))
  }

  private func balance(scan text: String) async throws -> ChainBalance {
    let server = try StubHTTPServer { _ in .text(text) }
    defer { server.stop() }
    return try await TronScanClient(baseURL: server.url, http: HTTPClient()).account(TronAddress(parsing: address))
  }

  @Test func tronGridGivesBalancesAndTheNodeBehindItResources() async throws {
    let hex = try TronAddress(parsing: address).hex
    let server = try StubHTTPServer { request in
      request.target.hasPrefix("/v1/accounts/")
        ? .text(
          """
          {"success":true,"meta":{"at":1},"data":[{"address":"\(hex)","balance":5000000,"create_time":1,
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
        {"address":"TDsCgUWZkyBLEEJXP2B1X81bASueT1Uqtf","balance":7,"activated":true,"bandwidth":{"freeNetRemaining":600,"netRemaining":5,"energyRemaining":64000,
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

  private static let echo = #""address":"TDsCgUWZkyBLEEJXP2B1X81bASueT1Uqtf""#
  private static let usdt = #""TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t""#

  @Test(arguments: [
    #"{"balance":1}"#, #"{"address":"TMHy1fRsYsD4gCgTZbysd9yH9AQFQnTZQS","balance":1}"#, #"{"address":"","balance":1}"#,
    #"{\#(echo),"balance":-1}"#, #"{\#(echo),"balance":2000000000000000000}"#, #"{\#(echo),"balance":1.5}"#,
    #"{\#(echo),"balance":"1"}"#, #"{\#(echo)},{\#(echo)}"#, #"{\#(echo),"trc20":[{\#(usdt):"-1"}]}"#,
    #"{\#(echo),"trc20":[{\#(usdt):"+1"}]}"#, #"{\#(echo),"trc20":[{\#(usdt):"1.0"}]}"#,
    #"{\#(echo),"trc20":[{\#(usdt):1}]}"#, #"{\#(echo),"trc20":[{\#(usdt):"1"},{\#(usdt):"1"}]}"#,
    #"{\#(echo),"trc20":[{\#(usdt):"115792089237316195423570985008687907853269984665640564039457584007913129639935"}]}"#,
  ])
  func whatTronGridCannotMeanIsRefused(row: String) async throws {
    let error = await #expect(throws: TronNodeError.self) { try await balance(grid: row) }
    #expect(error?.code == .malformed)
  }

  @Test func tronGridsIndexAndNodeMustAgreeOnWhetherAnAddressIsActivated() async throws {
    for (row, node) in [("", #"{"freeNetLimit":600}"#), ("{\(Self.echo),\"balance\":5}", "{}")] {
      let error = await #expect(throws: TronNodeError.self) { try await balance(grid: row, node: node) }
      #expect(error?.code == .malformed)
    }
    // Tokens may lie at an address that nobody has activated.
    let tokens = try await balance(grid: #"{\#(Self.echo),"trc20":[{\#(Self.usdt):"7"}]}"#, node: "{}")
    #expect(!tokens.activated && tokens.usdtMicro == 7 && tokens.trx == .zero)
  }

  @Test(arguments: [
    "{}", #"{"message":"some parameters are missing"}"#, #"{"balance":1,"activated":true}"#,
    #"{"address":"TMHy1fRsYsD4gCgTZbysd9yH9AQFQnTZQS","balance":1,"activated":true}"#, #"{\#(echo),"balance":1}"#,
    #"{\#(echo),"balance":-1,"activated":true}"#, #"{\#(echo),"balance":2000000000000000000,"activated":true}"#,
    #"{\#(echo),"balance":1.5,"activated":true}"#,
    #"{\#(echo),"activated":true,"bandwidth":{"freeNetRemaining":9223372036854775807,"netRemaining":1}}"#,
    #"{\#(echo),"activated":true,"bandwidth":{"energyRemaining":9223372036854775807}}"#,
    #"{\#(echo),"activated":true,"bandwidth":{"energyLimit":-1}}"#,
    #"{\#(echo),"activated":true,"withPriceTokens":[{"tokenId":\#(usdt),"balance":1.5}]}"#,
    #"{\#(echo),"activated":true,"withPriceTokens":[{"tokenId":\#(usdt),"balance":"-1"}]}"#,
    #"{\#(echo),"activated":true,"withPriceTokens":[{"tokenId":\#(usdt)}]}"#,
    #"{\#(echo),"activated":true,"withPriceTokens":[{"tokenId":\#(usdt),"balance":1},{"tokenId":\#(usdt),"balance":2}]}"#,
  ])
  func whatTronScanCannotMeanIsRefused(text: String) async throws {
    let error = await #expect(throws: TronNodeError.self) { try await balance(scan: text) }
    #expect(error?.code == .malformed)
  }

  @Test func tronScanCountsWhatWasUsedBeyondTheStakeAsNothingLeft() async throws {
    let balance = try await balance(
      scan: #"{\#(Self.echo),"activated":true,"bandwidth":{"energyRemaining":-5,"energyLimit":9,"netRemaining":-1}}"#)
    #expect(balance.energyAvailable == .zero && balance.bandwidthAvailable == 0 && balance.energyLimit == Energy(9))
  }

  @Test func anAnswerOfManyMegabytesIsNotReadToItsEnd() async throws {
    let server = try StubHTTPServer { _ in .answer(body: Array(repeating: UInt8(ascii: " "), count: 5 * 1024 * 1024)) }
    defer { server.stop() }
    let error = await #expect(throws: TronNodeError.self) {
      try await TronScanClient(baseURL: server.url, http: HTTPClient()).account(.zero)
    }
    #expect(error?.code == .malformed && error?.message.contains("answered with more than") == true)
  }
}
