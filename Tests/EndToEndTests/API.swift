import Foundation
import HTTPClient

/// JSON over HTTP to one part of the stack.
struct API: Sendable {
  struct Reply: Sendable {
    let status: Int
    let json: JSON
    let header: @Sendable (String) -> String?
  }

  let base: String
  let http: HTTPClient
  var bearer: String?

  /// Any status is an answer; throws `HTTPError` when there is none.
  func send(
    _ method: String, _ path: String, _ body: [String: any Sendable]? = nil, headers: [(String, String)] = []
  ) async throws -> Reply {
    var all = headers
    if let bearer { all.append(("Authorization", "Bearer \(bearer)")) }
    var bytes: [UInt8]?
    if let body {
      all.append(("Content-Type", "application/json"))
      bytes = [UInt8](try JSONSerialization.data(withJSONObject: body))
    }
    let response = try await http.send(
      HTTPRequest(method: method, url: base + path, headers: all, body: bytes, timeout: .seconds(20)))
    let json = response.body.isEmpty ? JSON.null : try JSON(parsing: response.body)
    return Reply(status: response.status, json: json, header: { response.header($0) })
  }

  func get(_ path: String) async throws -> JSON { try await expect(try await send("GET", path)) }

  @discardableResult
  func post(_ path: String, _ body: [String: any Sendable]) async throws -> JSON {
    try await expect(try await send("POST", path, body))
  }

  /// False while nobody answers.
  func isUp(_ path: String) async throws -> Bool {
    do {
      return try await http.send(HTTPRequest(url: base + path, timeout: .seconds(2))).status == 200
    } catch is HTTPError {
      return false
    }
  }

  func text(_ path: String) async throws -> String { try await http.send(HTTPRequest(url: base + path)).text }

  private func expect(_ reply: Reply) async throws -> JSON {
    guard reply.status < 300 else { throw StackError("\(base) answered \(reply.status): \(reply.json)") }
    return reply.json
  }
}

/// Why the stack did not do what a test needs of it.
struct StackError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
