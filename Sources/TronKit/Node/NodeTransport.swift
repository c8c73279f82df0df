import Foundation
import HTTPClient

/// Requests to one base URL and the reading of what comes back: `{"Error":…}` with status 200, plain text, limits.
struct NodeTransport: Sendable {
  let baseURL: String
  let http: HTTPClient
  let apiKey: String?
  var timeout: Duration
  var budget: (any RequestBudget)?
  var priority = RequestPriority.confirmation
  var observer: NodeObserver?
  /// How long a request waits for the budget; nil for as long as for the answer.
  var budgetPatience: Duration?
  /// In bytes. Blocks of a busy chain have a few megabytes as JSON.
  var bodyLimit = 32 * 1024 * 1024

  /// Host and port, for messages: without user and password, which no request is made with either.
  let name: String

  init(
    baseURL: String, http: HTTPClient, apiKey: String?, timeout: Duration, budget: (any RequestBudget)? = nil
  ) {
    self.baseURL = baseURL
    self.http = http
    self.apiKey = apiKey
    self.timeout = timeout
    self.budget = budget
    let rest = baseURL.split(separator: "/", omittingEmptySubsequences: true)
    let authority = rest.count > 1 ? rest[1] : Substring(baseURL)
    name = String(authority.split(separator: "@").last ?? authority)
  }

  func post<Answer: Decodable>(_ path: String, _ body: some Encodable) async throws -> Answer {
    try await ask("POST", path, Array(try JSONEncoder().encode(body))) { try read($0, path) }
  }

  func get<Answer: Decodable>(_ path: String) async throws -> Answer {
    try await ask("GET", path, nil) { try read($0, path) }
  }

  /// For large answers, which a reader of their own takes apart.
  /// - Parameter parse: gives nil where the text is the node's own error.
  func post<Answer>(
    _ path: String, _ body: some Encodable, _ parse: ([UInt8]) throws -> Answer?
  ) async throws -> Answer {
    try await ask("POST", path, Array(try JSONEncoder().encode(body))) { response in
      guard (200..<300).contains(response.status) else { throw failure(response, path) }
      do {
        guard let answer = try parse(response.body) else { throw failure(response, path) }
        return answer
      } catch let fault as JSONReader.Fault {
        let refusal = refusal(Self.excerpt(response), response)
        throw refusal.isRecognised ? refusal.error : illegible(response, path, fault.description)
      } catch let error as TransactionError {
        throw illegible(response, path, error.description)
      }
    }
  }

  /// Takes requests that belong together from the budget, all or none: one that is made alone would be in vain.
  /// - Returns: the same without a budget, for making them.
  func reserve(_ count: Int) async throws -> NodeTransport {
    try await budget?.wait(for: count, priority, within: budgetPatience ?? timeout, name: name)
    var reserved = self
    reserved.budget = nil
    return reserved
  }

  /// Takes from the budget, sends, reads, and tells the observer how it went.
  private func ask<Answer>(
    _ method: String, _ path: String, _ body: [UInt8]?, _ read: (HTTPResponse) throws -> Answer
  ) async throws -> Answer {
    do {
      try await budget?.wait(for: 1, priority, within: budgetPatience ?? timeout, name: name)
      let answer = try read(try await send(method, path, body))
      observer?.called(path, nil)
      return answer
    } catch let error as TronNodeError {
      observer?.called(path, error)
      throw error
    }
  }

  private func send(_ method: String, _ path: String, _ body: [UInt8]?) async throws -> HTTPResponse {
    var headers = [("Accept", "application/json")]
    if body != nil { headers.append(("Content-Type", "application/json")) }
    if let apiKey { headers.append(("TRON-PRO-API-KEY", apiKey)) }
    let root = baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL
    let request = HTTPRequest(
      method: method, url: root + path, headers: headers, body: body, timeout: timeout, bodyLimit: bodyLimit)
    do {
      return try await http.send(request)
    } catch let error as HTTPError {
      if error.code == .cancelled, Task.isCancelled { throw CancellationError() }
      throw TronNodeError(error)
    }
  }

  private func read<Answer: Decodable>(_ response: HTTPResponse, _ path: String) throws -> Answer {
    do {
      let reply = try JSONDecoder().decode(NodeReply<Answer>.self, from: Data(response.body))
      if let answer = reply.answer, (200..<300).contains(response.status) { return answer }
      throw refusal(reply.error ?? "status \(response.status)", response, status: reply.status).error
    } catch let error as DecodingError {
      let refusal = refusal(Self.excerpt(response), response)
      // Plain text with status 200 is an error too, where it can be told which.
      if !(200..<300).contains(response.status) || refusal.isRecognised { throw refusal.error }
      throw illegible(response, path, Self.reason(error))
    }
  }

  /// The error in an answer that is known to be one.
  private func failure(_ response: HTTPResponse, _ path: String) -> any Error {
    struct Nothing: Decodable {}
    do {
      let _: Nothing = try read(response, path)
      return illegible(response, path, "it is neither an answer nor an error")
    } catch {
      return error
    }
  }

  private func refusal(_ text: String, _ response: HTTPResponse, status: Int? = nil) -> NodeRefusal {
    NodeRefusal(
      name: name, text: text, status: status ?? response.status, retryAfter: response.header("Retry-After"))
  }

  private func illegible(_ response: HTTPResponse, _ path: String, _ reason: String) -> TronNodeError {
    TronNodeError(
      .malformed, "\(name) answered \(path) with \(Self.excerpt(response).debugDescription): \(reason)")
  }

  private static func excerpt(_ response: HTTPResponse) -> String {
    String(String(decoding: response.body.prefix(200), as: UTF8.self).filter { !$0.isNewline })
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

/// Told of every call of a client, for the pool that the client belongs to.
struct NodeObserver: Sendable {
  /// The path, and what went wrong if something did. Cancelled calls are not told.
  let called: @Sendable (_ path: String, _ error: TronNodeError?) -> Void
  /// A block that the node has, and whether it called it its head.
  let saw: @Sendable (ChainPoint, _ isHead: Bool) -> Void
}

/// Either the answer or the node's error; nodes send both with status 200.
struct NodeReply<Answer: Decodable>: Decodable {
  var answer: Answer?
  var error: String?
  /// What TronGrid writes into the body of an error; the response itself may say 200.
  var status: Int?

  private enum Keys: String, CodingKey {
    case capital = "Error"
    case small = "error"
    case status = "StatusCode"
  }

  init(from decoder: any Decoder) throws {
    if let keyed = Self.object(decoder) {
      error = try keyed.decodeIfPresent(String.self, forKey: .capital)
      if error == nil, keyed.contains(.small) { error = Self.text(keyed) }
      if error != nil { status = Self.status(keyed) }
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

  private static func status(_ keyed: KeyedDecodingContainer<Keys>) -> Int? {
    do { return try keyed.decodeIfPresent(Int.self, forKey: .status) } catch { return nil }
  }
}
