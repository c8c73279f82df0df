import Foundation
import TestKit
import Testing

@testable import TelegramSim

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A simulator on a free port, and the two sides that talk to it.
struct TestServer: Sendable {
  static let token = "123456:test-token-0123"
  let base: String

  struct Reply {
    var status: Int
    var headers: [AnyHashable: Any]
    var json: JSON
  }

  /// Runs `body` against a fresh simulator; `folder` nil keeps the state in memory.
  static func run(
    folder: URL? = nil, _ body: @escaping @Sendable (TestServer) async throws -> Void
  ) async throws {
    let server = TelegramServer(simulator: try Simulator(folder: folder), host: "127.0.0.1", port: 0)
    try await serving({ server.application(running: $0) }) { port in
      try await body(TestServer(base: "http://127.0.0.1:\(port)"))
    }
  }

  /// Calls a Bot API method with a JSON body.
  func bot(_ method: String, _ parameters: JSON = [:], token: String = TestServer.token) async throws -> Reply {
    try await send("POST", "/bot\(token)/\(method)", parameters)
  }

  func get(_ path: String) async throws -> Reply { try await send("GET", path, nil) }
  func post(_ path: String, _ body: JSON = [:]) async throws -> Reply { try await send("POST", path, body) }

  func send(_ method: String, _ path: String, _ body: JSON?) async throws -> Reply {
    try await raw(method, path, contentType: "application/json", body: try body?.encoded())
  }

  func raw(_ method: String, _ path: String, contentType: String, body: Data?) async throws -> Reply {
    var request = URLRequest(url: try #require(URL(string: base + path)), timeoutInterval: 60)
    request.httpMethod = method
    request.httpBody = body
    if body != nil { request.setValue(contentType, forHTTPHeaderField: "Content-Type") }
    let (data, response) = try await URLSession.shared.data(for: request)
    let http = try #require(response as? HTTPURLResponse)
    return Reply(status: http.statusCode, headers: http.allHeaderFields, json: try JSON(parsing: data))
  }

  /// A bot that has called and a person to talk to.
  func introduce() async throws -> Int {
    _ = try await bot("getMe")
    let chat = try await post("/sim/chats", ["first_name": "Ann", "language_code": "zh-hans"])
    return try #require(chat.json["chat_id"]?.int)
  }
}

/// A folder that is gone afterwards.
func withTemporaryFolder(_ body: (URL) async throws -> Void) async throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "telegram-sim-\(UUID().uuidString)")
  do { try await body(folder) } catch {
    try FileManager.default.removeItem(at: folder)
    throw error
  }
  try FileManager.default.removeItem(at: folder)
}
