import Foundation
import HTTPTypes
import Hummingbird
import Synchronization
import TestKit
import Testing

@testable import TelegramSim

@Suite("Webhook")
struct WebhookTests {
  /// What arrived at the receiver.
  struct Arrival: Sendable {
    var path: String
    var secret: String?
    var update: JSON
  }

  /// A webhook receiver that answers with `statuses` in turn, then 200.
  final class Receiver: Sendable {
    private let statuses: Mutex<[Int]>
    let arrivals: AsyncStream<Arrival>
    private let arrived: AsyncStream<Arrival>.Continuation

    init(_ statuses: [Int]) {
      self.statuses = Mutex(statuses)
      (arrivals, arrived) = AsyncStream.makeStream(of: Arrival.self)
    }

    func application(_ running: @escaping @Sendable (Int) -> Void) -> some ApplicationProtocol {
      let responder = CallbackResponder<BasicRequestContext> { request, _ in
        let name = try #require(HTTPField.Name("X-Telegram-Bot-Api-Secret-Token"))
        let body = try await request.body.collect(upTo: 1 << 20)
        self.arrived.yield(
          Arrival(
            path: request.uri.path, secret: request.headers[name],
            update: try JSON(parsing: Data(body.readableBytesView))))
        let status = self.statuses.withLock { $0.isEmpty ? 200 : $0.removeFirst() }
        let headers: HTTPFields = (300..<400).contains(status) ? [.location: "/elsewhere"] : [:]
        return Response(status: .init(code: status), headers: headers)
      }
      return Application(
        responder: responder, configuration: ApplicationConfiguration(address: .hostname("127.0.0.1", port: 0)),
        onServerRunning: { running($0.localAddress?.port ?? 0) })
    }
  }

  @Test("Updates arrive with the secret; a refusal or redirect is tried again and noted", arguments: [503, 302])
  func delivers(firstStatus: Int) async throws {
    let receiver = Receiver([firstStatus])
    try await serving({ receiver.application($0) }) { port in
      try await TestServer.run { server in
        let chat = try await server.introduce()
        let set = try await server.bot(
          "setWebhook", ["url": .string("http://127.0.0.1:\(port)/hook"), "secret_token": "s3cret"])
        #expect(set.json["description"] == "Webhook was set")
        #expect(try await server.bot("getUpdates").status == 409)
        let said = try await server.post("/sim/chats/\(chat)/messages", ["text": "hello"])

        var arrivals = receiver.arrivals.makeAsyncIterator()
        for _ in 0..<2 {
          let arrival = try #require(await arrivals.next())
          #expect(arrival.path == "/hook")
          #expect(arrival.secret == "s3cret")
          #expect(arrival.update["update_id"] == said.json["update_id"])
        }
        let info = try await server.bot("getWebhookInfo").json["result"]
        #expect(info?["last_error_message"] == .string("Wrong response from the webhook: \(firstStatus)"))
      }
    }
  }

  @Test(
    "A webhook outside this machine is refused",
    arguments: ["https://example.org/", "http://10.0.0.1/", "http://127.0.0.1@example.org/", "ftp://localhost/"])
  func refusesOthers(url: String) {
    #expect(!WebhookURL.isLoopback(url))
  }
}
