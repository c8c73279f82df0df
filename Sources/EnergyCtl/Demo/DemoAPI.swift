import Foundation
import HTTPClient

/// JSON over HTTP, for the demo's few calls.
struct DemoAPI: Sendable {
  let base: String
  let http: HTTPClient
  var bearer: String?

  func get(_ path: String) async throws -> DemoJSON { try await call("GET", path, nil, [:]).json }

  func post(_ path: String, _ body: [String: any Sendable]) async throws -> DemoJSON {
    try await call("POST", path, body, [:]).json
  }

  func text(_ path: String) async throws -> String {
    let response = try await http.send(HTTPRequest(url: base + path))
    return response.text
  }

  /// Any status below 300 is a success; others throw with the answer's text.
  func call(
    _ method: String, _ path: String, _ body: [String: any Sendable]?, _ headers: [String: String]
  ) async throws -> (status: Int, json: DemoJSON) {
    var all = headers.map { ($0.key, $0.value) }
    if let bearer { all.append(("Authorization", "Bearer \(bearer)")) }
    var bytes: [UInt8]?
    if let body {
      all.append(("Content-Type", "application/json"))
      bytes = [UInt8](try JSONSerialization.data(withJSONObject: body))
    }
    let response = try await http.send(
      HTTPRequest(method: method, url: base + path, headers: all, body: bytes, timeout: .seconds(40)))
    guard response.status < 300 else {
      throw DemoFailure(description: "\(method) \(path) answered \(response.status): \(response.text.prefix(400))")
    }
    return (response.status, try DemoJSON(response.body))
  }
}

/// A JSON value looked into by name; what is not there is empty.
// Safe because the value is a tree of immutable Foundation objects made by JSONSerialization and never changed.
struct DemoJSON: @unchecked Sendable {
  private let value: Any?

  init(_ bytes: [UInt8]) throws {
    value = try JSONSerialization.jsonObject(with: Data(bytes), options: [.fragmentsAllowed])
  }
  private init(value: Any?) { self.value = value }

  subscript(name: String) -> DemoJSON { DemoJSON(value: (value as? [String: Any])?[name]) }
  var list: [DemoJSON] { (value as? [Any])?.map { DemoJSON(value: $0) } ?? [] }
  var string: String { value as? String ?? "" }
  var int: Int64 { (value as? NSNumber)?.int64Value ?? 0 }
}
