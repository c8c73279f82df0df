import Foundation
import HTTPClient

/// Requests to one base URL and the reading of what comes back: `{"Error":…}` with status 200, plain text, limits.
struct NodeTransport: Sendable {
  let baseURL: String
  let http: HTTPClient
  let apiKey: String?
  let timeout: Duration

  /// Blocks of a busy chain have a few megabytes as JSON.
  static let bodyLimit = 32 * 1024 * 1024

  /// Host and port, for messages.
  var name: String {
    let rest = baseURL.split(separator: "/", omittingEmptySubsequences: true)
    return rest.count > 1 ? String(rest[1]) : baseURL
  }

  func post<Answer: Decodable>(_ path: String, _ body: some Encodable) async throws -> Answer {
    try await ask("POST", path, Array(try JSONEncoder().encode(body)))
  }

  func get<Answer: Decodable>(_ path: String) async throws -> Answer {
    try await ask("GET", path, nil)
  }

  private func ask<Answer: Decodable>(_ method: String, _ path: String, _ body: [UInt8]?) async throws -> Answer {
    var headers = [("Accept", "application/json")]
    if body != nil { headers.append(("Content-Type", "application/json")) }
    if let apiKey { headers.append(("TRON-PRO-API-KEY", apiKey)) }
    let root = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
    let request = HTTPRequest(
      method: method, url: root + path, headers: headers, body: body, timeout: timeout, bodyLimit: Self.bodyLimit)
    let response: HTTPResponse
    do {
      response = try await http.send(request)
    } catch let error as HTTPError {
      if error.code == .cancelled, Task.isCancelled { throw CancellationError() }
      throw TronNodeError(error)
    }
    return try read(response, path)
  }

  private func read<Answer: Decodable>(_ response: HTTPResponse, _ path: String) throws -> Answer {
    let data = Data(response.body)
    do {
      let reply = try JSONDecoder().decode(NodeReply<Answer>.self, from: data)
      if let answer = reply.answer, (200..<300).contains(response.status) { return answer }
      throw refusal(reply.error ?? "status \(response.status)", response)
    } catch let error as DecodingError {
      guard (200..<300).contains(response.status) else { throw refusal(Self.excerpt(response), response) }
      throw TronNodeError(
        .malformed, "\(name) answered \(path) with \(Self.excerpt(response).debugDescription): \(Self.reason(error))")
    }
  }

  private func refusal(_ text: String, _ response: HTTPResponse) -> TronNodeError {
    let message = "\(name): \(text.prefix(300)) (status \(response.status))"
    if let seconds = Self.suspension(in: text) {
      return TronNodeError(.rateLimited, message, retryAfter: .seconds(seconds))
    }
    if response.status == 429 || response.status == 403 {
      let seconds = response.header("Retry-After").flatMap { Int64($0) } ?? 5
      return TronNodeError(.rateLimited, message, retryAfter: .seconds(min(max(1, seconds), 600)))
    }
    return TronNodeError(.refused, message)
  }

  /// TronGrid: "… the query server is suspended for 30s".
  static func suspension(in text: String) -> Int64? {
    guard let mark = text.range(of: "suspended for ") else { return nil }
    return Int64(text[mark.upperBound...].prefix { $0.isASCII && $0.isNumber }).map { min(max(1, $0), 600) }
  }

  private static func excerpt(_ response: HTTPResponse) -> String {
    String(String(decoding: response.body.prefix(100), as: UTF8.self).filter { !$0.isNewline })
  }

  private static func reason(_ error: DecodingError) -> String {
    switch error {
    case .keyNotFound(let key, _): "it has no \(key.stringValue)"
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
      "\(context.codingPath.map(\.stringValue).joined(separator: ".")) \(context.debugDescription)"
    @unknown default: "it cannot be read"
    }
  }
}

/// Either the answer or the node's error; nodes send both with status 200.
struct NodeReply<Answer: Decodable>: Decodable {
  var answer: Answer?
  var error: String?

  private enum Keys: String, CodingKey {
    case capital = "Error"
    case small = "error"
  }

  init(from decoder: any Decoder) throws {
    if let keyed = Self.object(decoder) {
      error = try keyed.decodeIfPresent(String.self, forKey: .capital)
      if error == nil, keyed.contains(.small) { error = Self.text(keyed) }
    }
    if error == nil { answer = try Answer(from: decoder) }
  }

  /// Nil for an array: some calls answer with one.
  private static func object(_ decoder: any Decoder) -> KeyedDecodingContainer<Keys>? {
    do { return try decoder.container(keyedBy: Keys.self) } catch { return nil }
  }

  /// Gateways write `"error":"…"`; something other than a text is still an error.
  private static func text(_ keyed: KeyedDecodingContainer<Keys>) -> String? {
    do { return try keyed.decodeIfPresent(String.self, forKey: .small) } catch { return "error" }
  }
}
