import TestKit
import Testing
import TronKit

@testable import TronKitExamples

/// The examples of nodes in `docs/tronkit.md`, against servers that behave as badly as real ones.
@Suite(.timeLimit(.minutes(1))) struct NodeTests {
  private static let id = "0000000003fe266bf6b6d392f654dc2e5011601546ed04623d9fcc4e9d439a25"
  private static let parent = "0000000003fe266a65d5194c947f6f7a059d4646c8e9a5293226bc7fdcfc775e"
  private static let headTime: Int64 = 1_777_445_307_000

  private static func block(_ timestamp: Int64) -> StubHTTPServer.Reply {
    .text(
      """
      {"blockID":"\(id)","block_header":{"raw_data":{"number":66987627,"parentHash":"\(parent)",\
      "timestamp":\(timestamp)}}}
      """)
  }

  /// - Parameter other: what is answered to all calls that are not for heads.
  private static func node(
    solid: Int64 = headTime, _ other: @escaping @Sendable (StubHTTPServer.Request) -> StubHTTPServer.Reply
  ) throws -> StubHTTPServer {
    try StubHTTPServer { request in
      switch request.target {
      case "/wallet/getblock": block(headTime)
      case "/walletsolidity/getblock": block(solid)
      default: other(request)
      }
    }
  }

  private static func signed() throws -> SignedTransaction {
    let key = try PrivateKey.generate()
    return try delegation(
      from: key.address, to: USDT.nile, key: key, block: BlockID(hex: id), headTime: headTime)
  }

  @Test func aNodeThatIsDownIsPassedOver() async throws {
    let (down, well) = (try StubHTTPServer { _ in .hangUp }, try Self.node { _ in .text("{}") })
    defer { for server in [down, well] { server.stop() } }
    let found = try await ground(makePool([Endpoint(url: down.url), Endpoint(url: well.url, key: "k-1")]))
    #expect(try found.block == BlockID(hex: Self.id) && found.headTime == Self.headTime)
    #expect(well.seen.requests.allSatisfy { $0.headers["tron-pro-api-key"] == "k-1" })
    #expect(down.seen.requests.allSatisfy { $0.headers["tron-pro-api-key"] == nil })
  }

  @Test(arguments: [
    (#"{"address":"TZ4UXDV5ZhNW7fb2AMSbgfAEZ7hWsnYS2g"}"#, nil),
    (#"{"address":"TZ4UXDV5ZhNW7fb2AMSbgfAEZ7hWsnYS2g","type":"Contract"}"#, "energy cannot be lent to a contract"),
    ("{}", "TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf is not activated as of block 66987627"),
  ]) func aReceiverIsJudged(account: String, expected: String?) async throws {
    let server = try Self.node { _ in .text(account) }
    defer { server.stop() }
    #expect(try await obstacle(to: USDT.nile, makePool([Endpoint(url: server.url)])) == expected)
  }

  @Test func theBytesGoToTheNextNodeUntilOneTakesThem() async throws {
    let busy = try Self.node { _ in .text(#"{"code":"SERVER_BUSY","message":"Server busy."}"#) }
    let well = try Self.node { _ in .text(#"{"result":true}"#) }
    let spare = try Self.node { _ in .text(#"{"result":true}"#) }
    defer { for server in [busy, well, spare] { server.stop() } }
    let signed = try Self.signed()
    var noted: [String] = []
    let pool = makePool([busy, well, spare].map { Endpoint(url: $0.url) })
    let outcomes = try await send(signed, pool) { noted.append($0) }
    #expect(outcomes == [.rejected(code: .busy, message: "Server busy."), .accepted])
    #expect(!outcomes[0].definitivelyRejected)
    #expect(noted == ["127.0.0.1:\(busy.port)", "127.0.0.1:\(well.port)"])
    let sent = well.seen.requests.filter { $0.target == "/wallet/broadcasthex" }.map(\.text)
    #expect(sent.count == 1 && sent[0].contains(Hex.encode(signed.encoded())))
  }

  @Test func nothingLeavesThatCouldNotBeNoted() async throws {
    struct DiskFull: Error {}
    let server = try Self.node { _ in .text(#"{"result":true}"#) }
    defer { server.stop() }
    let pool = makePool([Endpoint(url: server.url)])
    await #expect(throws: DiskFull.self) { _ = try await send(Self.signed(), pool) { _ in throw DiskFull() } }
    #expect(!server.seen.requests.contains { $0.target == "/wallet/broadcasthex" })
  }

  @Test(arguments: [(60_000, Fate.open), (60_001, .never)] as [(Int64, Fate)])
  func onlyALaterSolidBlockProvesAnAbsence(solidAfterHead: Int64, expected: Fate) async throws {
    let server = try Self.node(solid: Self.headTime + solidAfterHead) { _ in .text("{}") }
    defer { server.stop() }
    #expect(try await fate(of: Self.signed(), makePool([Endpoint(url: server.url)])) == expected)
  }

  @Test func aReceiptSaysWhatHasHappened() async throws {
    let signed = try Self.signed()
    let server = try Self.node { _ in
      .text(#"{"id":"\#(signed.id)","blockNumber":66987630,"blockTimeStamp":1777445316000,"receipt":{}}"#)
    }
    defer { server.stop() }
    let found = try await fate(of: signed, makePool([Endpoint(url: server.url)]))
    #expect(found == .inBlock(66_987_630, succeeded: true))
  }
}
