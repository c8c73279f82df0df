import HTTPClient
import TestKit
import Testing
import TronKit

/// Lists of TronGrid and TronScan, in which rows of other kinds stand among the wanted ones.
@Suite(.timeLimit(.minutes(1))) struct IndexHistoryTests {
  private let address = "TDsCgUWZkyBLEEJXP2B1X81bASueT1Uqtf"

  private func grid(_ server: StubHTTPServer) -> TronGridClient {
    TronGridClient(baseURL: server.url, http: HTTPClient(), apiKey: "k", timeout: .seconds(2))
  }

  @Test func internalRowsAmongTransactionsAreCountedAndLeft() async throws {
    let vector = try #require(try Vectors.load().signed_transactions.first)
    let server = try StubHTTPServer { _ in
      .text(
        """
        {"success":true,
         "meta":{"at":1789887307000,"page_size":2,"fingerprint":"9XpH+/=a","links":{"next":"https://x"}},
         "data":[{"ret":[{"contractRet":"SUCCESS","fee":0}],"signature":["00"],"txID":"\(vector.txID)",
         "net_usage":268,
         "raw_data_hex":"\(vector.raw_data_hex)","net_fee":0,"energy_usage":0,"blockNumber":86405017,
         "block_timestamp":1789887306000,"energy_fee":0,"energy_usage_total":0,"raw_data":{},
         "internal_transactions":[]},{"internal_tx_id":"61","tx_id":"01","from_address":"41","to_address":"41",
         "data":{"call_value":{"_":7},
         "note":"call","rejected":false}}]}
        """)
    }
    defer { server.stop() }
    let query = IndexQuery(minTimestamp: 1, maxTimestamp: 2, onlyTo: true, limit: 1000)
    let page = try await grid(server).transactions(of: TronAddress(parsing: address), query, page: "a+b&c")
    #expect(page.rows.map(\.transaction.id.hex) == [vector.txID])
    #expect(page.rows.first?.blockNumber == 86_405_017 && page.rows.first?.blockTimestamp == 1_789_887_306_000)
    #expect(page.foreign == 1)
    #expect(page.next == "9XpH+/=a")
    #expect(
      server.seen.requests.first?.target
        == "/v1/accounts/\(address)/transactions?search_internal=false&limit=200&order_by=block_timestamp,asc"
        + "&only_confirmed=true&only_to=true&min_timestamp=1&max_timestamp=2&fingerprint=a%2Bb%26c")
  }

  @Test func aTransactionWhoseBytesAreOthersIsAnErrorAndNoForeignRow() async throws {
    let vector = try #require(try Vectors.load().signed_transactions.first)
    let wrong = String(repeating: "a", count: 64)
    let server = try StubHTTPServer { _ in
      .text(
        """
        {"success":true,"data":[{"txID":"\(wrong)","raw_data_hex":"\(vector.raw_data_hex)","block_timestamp":1}]}
        """)
    }
    defer { server.stop() }
    let error = await #expect(throws: TronNodeError.self) { try await grid(server).transactions(of: .zero) }
    #expect(error?.code == .malformed)
  }

  @Test func approvalsOtherTokensAndImpossibleAmountsAreNoTransfers() async throws {
    func row(_ type: String, _ token: String, _ value: String) -> String {
      """
      {"transaction_id":"4e2833df3963c5f328ea09d249055336dce2fcdc706c278bc1b4f00f4825167b",
       "token_info":{"symbol":"USDT","address":"\(token)","decimals":6,"name":"Tether USD"},
       "block_timestamp":1789887306000,"from":"\(address)",
       "to":"TMHy1fRsYsD4gCgTZbysd9yH9AQFQnTZQS","type":"\(type)","value":"\(value)"}
      """
    }
    let usdt = USDT.mainnet.base58
    let rows = [
      row("Transfer", usdt, "100"), row("Approval", usdt, "5"), row("Transfer", USDT.nile.base58, "100"),
      row("Transfer", usdt, "115792089237316195423570985008687907853269984665640564039457584007913129639935"),
      row("Transfer", usdt, "-1"), #"{"transaction_id":"zz"}"#, "7",
    ]
    let server = try StubHTTPServer { _ in
      .text(#"{"success":true,"data":["# + rows.joined(separator: ",") + "]}")
    }
    defer { server.stop() }
    let page = try await grid(server).tokenTransfers(of: TronAddress(parsing: address))
    #expect(page.rows.map(\.value) == [100])
    #expect(page.rows.first?.to.base58 == "TMHy1fRsYsD4gCgTZbysd9yH9AQFQnTZQS")
    #expect(page.foreign == 6 && page.next == nil)
    #expect(server.seen.requests.first?.target.contains("/transactions/trc20?contract_address=\(usdt)&") == true)
  }

  @Test func pagesAreFollowedToTheEndOrTheLimit() async throws {
    let server = try StubHTTPServer { request in
      let page = request.target.split(separator: "fingerprint=").dropFirst().first.flatMap { Int($0) } ?? 0
      return .text(
        """
        {"success":true,"data":[{"other":\(page)}],"meta":{\(page < 4 ? "\"fingerprint\":\"\(page + 1)\"" : "")}}
        """)
    }
    defer { server.stop() }
    let grid = grid(server)
    let all = try await grid.all { try await grid.transactions(of: .zero, page: $0) }
    #expect(all.foreign == 5 && all.next == nil)
    let some = try await grid.all(pagesMax: 2) { try await grid.transactions(of: .zero, page: $0) }
    #expect(some.foreign == 2 && some.next == "2")
  }

  @Test func aPageThatNamesItselfIsNotReadForEver() async throws {
    let server = try StubHTTPServer { _ in .text(#"{"success":true,"data":[],"meta":{"fingerprint":"same"}}"#) }
    defer { server.stop() }
    let grid = grid(server)
    let all = try await grid.all { try await grid.transactions(of: .zero, page: $0) }
    #expect(all.next == nil && server.seen.requests.count == 2)
  }

  @Test func tronScanGivesConfirmedTransfersOfTheToken() async throws {
    func row(_ token: String, _ type: String, _ confirmed: Bool, _ result: String) -> String {
      """
      {"transaction_id":"4e2833df3963c5f328ea09d249055336dce2fcdc706c278bc1b4f00f4825167b","status":0,"block_ts":5,
       "from_address":"\(address)","to_address":"TMHy1fRsYsD4gCgTZbysd9yH9AQFQnTZQS","block":6,
       "contract_address":"\(token)","quant":"100","event_type":"\(type)","confirmed":\(confirmed),
       "contractRet":"SUCCESS","finalResult":"\(result)"}
      """
    }
    let usdt = USDT.mainnet.base58
    let rows = [
      row(usdt, "Transfer", true, "SUCCESS"), row(usdt, "Approval", true, "SUCCESS"),
      row(usdt, "Transfer", false, "SUCCESS"), row(usdt, "Transfer", true, "OUT_OF_ENERGY"),
      row(USDT.nile.base58, "Transfer", true, "SUCCESS"),
    ]
    let server = try StubHTTPServer { _ in
      .text(#"{"total":5,"token_transfers":["# + rows.joined(separator: ",") + "]}")
    }
    defer { server.stop() }
    let scan = TronScanClient(baseURL: server.url, http: HTTPClient(), timeout: .seconds(2))
    let page = try await scan.tokenTransfers(of: TronAddress(parsing: address), start: 10, limit: 5)
    #expect(page.rows.map(\.value) == [100] && page.rows.first?.blockTimestamp == 5)
    #expect(page.foreign == 4 && page.next == "15")
  }
}
