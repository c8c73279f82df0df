import HTTPClient
import TestKit
import Testing
import TronKit

/// java-tron prints the contract of an event in three ways, depending on `visible` and on the gateway.
@Suite(.timeLimit(.minutes(1))) struct LogAddressTests {
  @Test(arguments: [
    "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "a614f803b6fd780986a42c78ec9c7f77e6ded13c",
    "41a614f803b6fd780986a42c78ec9c7f77e6ded13c",
  ]) func theContractOfAnEventIsReadInEveryForm(_ text: String) async throws {
    let id = String(repeating: "a", count: 64)
    let server = try StubHTTPServer { _ in
      .text(#"{"id":"\#(id)","blockNumber":1,"log":[{"address":"\#(text)","topics":[],"data":""}]}"#, status: 200)
    }
    defer { server.stop() }
    let node = TronNodeClient(baseURL: server.url, http: HTTPClient(), timeout: .seconds(2))
    let info = try #require(try await node.transactionInfo(try TransactionID(hex: id)))
    #expect(info.logs.map(\.address) == [USDT.mainnet])
  }
}
