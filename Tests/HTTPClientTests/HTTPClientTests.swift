import Foundation
import HTTPClient
import TestKit
import Testing

@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
  /// 200,000 times the letter a.
  static let compressed =
    "H4sIAAAAAAACA+3BMQEAAADCoKzrX8IM/kABAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAK8Bm1Np"
    + "4EANAwA="

  @Test func aResponseHasStatusHeadersAndBody() async throws {
    let server = try StubHTTPServer { _ in
      .answer(status: 404, headers: [("X-Thing", " one "), ("x-thing", "two"), ("Empty", "")], body: Array("né".utf8))
    }
    defer { server.stop() }
    let client = HTTPClient()
    let response = try await client.send(HTTPRequest(url: server.url + "/a/b?c=d"))
    #expect(response.status == 404)
    #expect(response.header("x-THING") == "one")
    #expect(response.header("empty") == "")
    #expect(response.header("absent") == nil)
    #expect(response.text == "né")
    #expect(server.seen.requests.first?.target == "/a/b?c=d")
    #expect(server.seen.requests.first?.headers["user-agent"] == "tron-energy-assistant")
    await client.close()
  }

  @Test(arguments: ["POST", "PUT", "DELETE", "PATCH"])
  func aBodyArrivesWholeAndOnlyTheHeadersThatWereAskedFor(method: String) async throws {
    let server = try StubHTTPServer { .answer(body: $0.body) }
    defer { server.stop() }
    let client = HTTPClient()
    for count in [0, 1, 70_000, 1_500_000] {
      let body = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 3) }
      let request = HTTPRequest(method: method, url: server.url, headers: [("X-Empty", "")], body: body)
      #expect(try await client.send(request).body == body)
    }
    let seen = try #require(server.seen.requests.last)
    #expect(seen.method == method)
    #expect(seen.headers["x-empty"] == "")
    #expect(seen.headers["expect"] == nil)
    #expect(seen.headers["content-type"] == nil)
  }

  @Test func headAndBodilessPostAreSent() async throws {
    let server = try StubHTTPServer { _ in .text("hello") }
    defer { server.stop() }
    let client = HTTPClient()
    #expect(try await client.send(HTTPRequest(method: "HEAD", url: server.url)).body.isEmpty)
    #expect(try await client.send(HTTPRequest(method: "POST", url: server.url)).text == "hello")
    #expect(server.seen.requests.map(\.method) == ["HEAD", "POST"])
  }

  @Test func redirectsAreNotFollowed() async throws {
    let server = try StubHTTPServer { _ in .answer(status: 302, headers: [("Location", "/elsewhere")]) }
    defer { server.stop() }
    let response = try await HTTPClient().send(HTTPRequest(url: server.url))
    #expect(response.status == 302)
    #expect(server.seen.requests.count == 1)
  }

  @Test func theBodyLimitIsExactAndCountsDecompressedBytes() async throws {
    let bytes = try #require(Data(base64Encoded: Self.compressed))
    let server = try StubHTTPServer { request in
      request.target == "/gzip"
        ? .answer(headers: [("Content-Encoding", "gzip")], body: Array(bytes))
        : .answer(body: [UInt8](repeating: 7, count: 1000))
    }
    defer { server.stop() }
    let client = HTTPClient()
    #expect(try await client.send(HTTPRequest(url: server.url, bodyLimit: 1000)).body.count == 1000)
    #expect(try await client.send(HTTPRequest(url: server.url + "/gzip")).body.count == 200_000)
    for (path, limit) in [("/", 999), ("/gzip", 199_999), ("/", 0)] {
      let error = await #expect(throws: HTTPError.self) {
        try await client.send(HTTPRequest(url: server.url + path, bodyLimit: limit))
      }
      #expect(error?.code == .bodyTooLarge)
      #expect(error?.mayHaveBeenSent == true)
    }
  }

  @Test func headersWithoutEndAreRefused() async throws {
    let server = try StubHTTPServer { _ in
      .answer(headers: (0..<2000).map { ("X-\($0)", String(repeating: "v", count: 50)) })
    }
    defer { server.stop() }
    let error = await #expect(throws: HTTPError.self) { try await HTTPClient().send(HTTPRequest(url: server.url)) }
    #expect(error?.code == .bodyTooLarge)
  }

  @Test func aServerThatDoesNotAnswerIsATimeout() async throws {
    let server = try StubHTTPServer { _ in .silence }
    defer { server.stop() }
    let start = ContinuousClock.now
    let error = await #expect(throws: HTTPError.self) {
      try await HTTPClient().send(HTTPRequest(url: server.url, timeout: .milliseconds(150)))
    }
    #expect(error?.code == .timeout)
    #expect(error?.mayHaveBeenSent == true)
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test func aRefusedConnectionCertainlySentNothing() async throws {
    let server = try StubHTTPServer { _ in .hangUp }
    let url = server.url
    server.stop()
    let error = await #expect(throws: HTTPError.self) {
      // The listening socket is closed by its thread; until then a connection may still be taken and dropped.
      while true {
        do {
          _ = try await HTTPClient().send(HTTPRequest(method: "POST", url: url, body: [1]))
        } catch let error as HTTPError where error.mayHaveBeenSent {
          continue
        }
      }
    }
    #expect(error?.code == .connection)
  }

  @Test func aConnectionThatBreaksMayHaveSent() async throws {
    let server = try StubHTTPServer { _ in .hangUp }
    defer { server.stop() }
    let error = await #expect(throws: HTTPError.self) {
      try await HTTPClient().send(HTTPRequest(method: "POST", url: server.url, body: [1]))
    }
    #expect(error?.code == .connection)
    #expect(error?.mayHaveBeenSent == true)
  }

  @Test func aRequestWithABodyIsNotRepeatedWhenAKeptConnectionBreaks() async throws {
    let server = try StubHTTPServer { $0.target == "/drop" ? .hangUp : .text("ok") }
    defer { server.stop() }
    let client = HTTPClient()
    _ = try await client.send(HTTPRequest(method: "POST", url: server.url + "/first", body: [1]))
    let error = await #expect(throws: HTTPError.self) {
      try await client.send(HTTPRequest(method: "POST", url: server.url + "/drop", body: [1, 2, 3]))
    }
    #expect(error?.mayHaveBeenSent == true)
    #expect(server.seen.requests.map(\.target) == ["/first", "/drop"])
    #expect(try await client.send(HTTPRequest(url: server.url)).text == "ok")
  }

  @Test func cancellingTheTaskEndsTheTransfer() async throws {
    let server = try StubHTTPServer { _ in .silence }
    defer { server.stop() }
    let client = HTTPClient()
    let url = server.url
    let task = Task { try await client.send(HTTPRequest(url: url, timeout: .seconds(50))) }
    #expect(try await becomesTrue { server.seen.requests.count == 1 })
    task.cancel()
    let error = await #expect(throws: HTTPError.self) { try await task.value }
    #expect(error?.code == .cancelled)
    #expect(try await becomesTrue { server.seen.abandoned == 1 })
  }

  @Test func aTaskCancelledBeforehandSendsNothing() async throws {
    let server = try StubHTTPServer { _ in .text("ok") }
    defer { server.stop() }
    let client = HTTPClient()
    let url = server.url
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await client.send(HTTPRequest(url: url))
    }
    let error = await #expect(throws: HTTPError.self) { try await task.value }
    #expect(error?.code == .cancelled)
    #expect(error?.mayHaveBeenSent == false)
    #expect(server.seen.requests.isEmpty)
  }

  @Test func connectionsAreKept() async throws {
    let server = try StubHTTPServer { _ in .text("ok") }
    defer { server.stop() }
    let client = HTTPClient()
    for _ in 0..<20 { _ = try await client.send(HTTPRequest(url: server.url)) }
    #expect(server.seen.connections == 1)
  }

  @Test func moreRequestsThanConnectionsWaitTheirTurn() async throws {
    let server = try StubHTTPServer { .answer(body: $0.body) }
    defer { server.stop() }
    let client = HTTPClient(maximumConnections: 3)
    let url = server.url
    let sum = try await withThrowingTaskGroup(of: Int.self) { group in
      for index in 0..<200 {
        group.addTask {
          let body = Array("\(index)".utf8)
          let response = try await client.send(HTTPRequest(method: "POST", url: url, body: body))
          #expect(response.body == body)
          return Int(response.text) ?? 0
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(sum == 199 * 100)
    #expect(server.seen.openMost <= 3)
  }

  @Test func beyondTheMostRequestsTheClientRefusesAtOnce() async throws {
    let server = try StubHTTPServer { _ in .silence }
    defer { server.stop() }
    let client = HTTPClient(maximumRequests: 2)
    let url = server.url
    let tasks = (0..<2).map { _ in Task { try await client.send(HTTPRequest(url: url, timeout: .seconds(50))) } }
    #expect(try await becomesTrue { server.seen.requests.count == 2 })
    let error = await #expect(throws: HTTPError.self) { try await client.send(HTTPRequest(url: url)) }
    #expect(error?.code == .overloaded)
    for task in tasks { task.cancel() }
    for task in tasks { _ = await task.result }
    let later = await #expect(throws: HTTPError.self) {
      try await client.send(HTTPRequest(url: url, timeout: .milliseconds(50)))
    }
    #expect(later?.code == .timeout)
  }

  @Test func closingEndsWhatRunsAndRefusesWhatFollows() async throws {
    let server = try StubHTTPServer { _ in .silence }
    defer { server.stop() }
    let client = HTTPClient()
    let url = server.url
    let task = Task { try await client.send(HTTPRequest(url: url, timeout: .seconds(50))) }
    #expect(try await becomesTrue { server.seen.requests.count == 1 })
    await client.close()
    await client.close()
    for result in [await task.result, await Task { try await client.send(HTTPRequest(url: url)) }.result] {
      let error = #expect(throws: HTTPError.self) { try result.get() }
      #expect(error?.code == .cancelled)
    }
  }

  @Test(arguments: [
    "", "127.0.0.1", "ftp://127.0.0.1/", "file:///etc/passwd", "http://", "http:///x", "http://user:pass@127.0.0.1/",
    "http://127.0.0.1/a b", "http://127.0.0.1/\r\nX: y", "http://127.0.0.1/é", "http://127.0.0.1:99999/",
    "http://127.0.0.1/" + String(repeating: "x", count: 20_000),
  ])
  func otherURLsAreRefused(url: String) async {
    let error = await #expect(throws: HTTPError.self) { try await HTTPClient().send(HTTPRequest(url: url)) }
    #expect(error?.code == .invalidURL)
    #expect(error?.mayHaveBeenSent == false)
  }

  @Test(arguments: [
    HTTPRequest(method: "GET\r\n", url: "http://127.0.0.1"),
    HTTPRequest(method: "", url: "http://127.0.0.1"),
    HTTPRequest(url: "http://127.0.0.1", headers: [("X", "a\r\nInjected: yes")]),
    HTTPRequest(url: "http://127.0.0.1", headers: [("X: y", "a")]),
    HTTPRequest(url: "http://127.0.0.1", headers: [("", "a")]),
    HTTPRequest(url: "http://127.0.0.1", timeout: .zero),
    HTTPRequest(url: "http://127.0.0.1", bodyLimit: -1),
  ])
  func aRequestThatWouldForgeHeadersIsRefused(request: HTTPRequest) async {
    let error = await #expect(throws: HTTPError.self) { try await HTTPClient().send(request) }
    #expect(error?.code == .invalidRequest)
  }

  @Test func noErrorRepeatsThePathQueryOrHeaders() async throws {
    let server = try StubHTTPServer { $0.target.contains("silence") ? .silence : .hangUp }
    defer { server.stop() }
    let client = HTTPClient()
    for url in [server.url + "/botSECRET/hang", server.url + "/botSECRET/silence?key=SECRET", "http://[SECRET"] {
      let request = HTTPRequest(
        method: "POST", url: url, headers: [("Authorization", "SECRET")], body: [], timeout: .milliseconds(100))
      let error = await #expect(throws: HTTPError.self) { try await client.send(request) }
      #expect(error?.description.contains("SECRET/") == false)
      #expect(error?.description.contains("botSECRET") == false)
      #expect(error?.description.contains("key=") == false)
    }
  }

  @Test func aServerWithoutTLSIsNoHTTPSServer() async throws {
    let server = try StubHTTPServer { _ in .text("ok") }
    defer { server.stop() }
    let error = await #expect(throws: HTTPError.self) {
      try await HTTPClient().send(HTTPRequest(url: "https://127.0.0.1:\(server.port)", timeout: .seconds(2)))
    }
    #expect(error?.code == .tls || error?.code == .timeout)
    #expect(error?.mayHaveBeenSent == false)
  }
}
