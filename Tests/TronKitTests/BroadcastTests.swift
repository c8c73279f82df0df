import HTTPClient
import TestKit
import Testing
import TronKit

@Suite(.timeLimit(.minutes(1))) struct BroadcastTests {
  private func signed() throws -> SignedTransaction {
    let vector = try #require(try Vectors.load().signed_transactions.first { $0.contract_type == 57 })
    return try SignedTransaction(decoding: Hex.decode(vector.broadcasthex))
  }

  private func outcome(_ reply: StubHTTPServer.Reply) async throws -> BroadcastOutcome {
    let server = try StubHTTPServer { _ in reply }
    defer { server.stop() }
    let node = TronNodeClient(baseURL: server.url, http: HTTPClient(), timeout: .milliseconds(300))
    let transaction = try signed()
    let outcome = await node.broadcast(transaction)
    let request = try #require(server.seen.requests.first)
    #expect(server.seen.requests.count == 1)
    #expect(request.target == "/wallet/broadcasthex")
    #expect(request.text == #"{"transaction":"\#(Hex.encode(transaction.encoded()))"}"#)
    return outcome
  }

  @Test func aSendingIsNotRepeatedWhenTheKeptConnectionBreaksBeforeAnAnswer() async throws {
    let server = try StubHTTPServer { $0.target == "/wallet/broadcasthex" ? .hangUp : .text("{}") }
    defer { server.stop() }
    let node = TronNodeClient(baseURL: server.url, http: HTTPClient())
    // The connection that is left open is the one that the sending uses.
    for _ in 1...2 { _ = try await node.account(.zero) }
    #expect(server.seen.connections == 1)
    guard case .unknown = await node.broadcast(try signed()) else {
      Issue.record("a sending without an answer has a known outcome")
      return
    }
    #expect(server.seen.requests.filter { $0.target == "/wallet/broadcasthex" }.count == 1)
  }

  @Test(arguments: [#"{"result":true,"code":"SUCCESS","txid":"d5"}"#, #"{"result":true,"txid":"d5"}"#])
  func successMeansAcceptedAndNoMore(text: String) async throws {
    let outcome = try await outcome(.text(text))
    #expect(outcome == .accepted)
    #expect(!outcome.definitivelyRejected)
  }

  @Test(arguments: [
    "SIGERROR", "CONTRACT_VALIDATE_ERROR", "CONTRACT_EXE_ERROR", "BANDWITH_ERROR", "TAPOS_ERROR",
    "TOO_BIG_TRANSACTION_ERROR", "TRANSACTION_EXPIRATION_ERROR",
  ])
  func theJudgementsOfANodeAreDefinitive(code: String) async throws {
    for result in [#""result":false,"#, ""] {
      let outcome = try await outcome(.text(#"{\#(result)"code":"\#(code)","message":"why","txid":"d5"}"#))
      #expect(outcome == .rejected(code: BroadcastCode(rawValue: code), message: "why"))
      #expect(outcome.definitivelyRejected)
    }
  }

  @Test(arguments: [
    "DUP_TRANSACTION_ERROR", "SERVER_BUSY", "NO_CONNECTION", "NOT_ENOUGH_EFFECTIVE_CONNECTION", "BLOCK_UNSOLIDIFIED",
    "OTHER_ERROR", "SOMETHING_NEW",
  ])
  func otherCodesProveNothing(code: String) async throws {
    let outcome = try await outcome(.text(#"{"result":false,"code":"\#(code)","message":"4475702074782e2e"}"#))
    #expect(outcome == .rejected(code: BroadcastCode(rawValue: code), message: "Dup tx.."))
    #expect(!outcome.definitivelyRejected)
  }

  @Test(arguments: [
    StubHTTPServer.Reply.hangUp, .silence, .text("{}"), .text("oops"), .text("", status: 500),
    .text(#"{"result":false}"#), .text(#"{"result":false,"code":"SUCCESS"}"#),
    .text(#"{"result":true,"code":"SIGERROR"}"#),
    .text(#"{"Error":"class java.lang.NullPointerException : null"}"#),
    .text(#"{"code":"SIGERROR"}"#, status: 503),
  ])
  func noAnswerAndUnreadableAnswersMeanThatTheNodeMayHaveIt(reply: StubHTTPServer.Reply) async throws {
    let outcome = try await outcome(reply)
    #expect(!outcome.definitivelyRejected)
    guard case .unknown(let reason) = outcome else {
      Issue.record("\(outcome)")
      return
    }
    #expect(!reason.isEmpty)
  }
}
