import Contracts

/// A request of the REST API after authentication, without the HTTP server's types.
struct APIRequest: Sendable {
  let caller: ClientDirectory.Caller
  let requestID: String
  /// The `{id}` of the path, or empty.
  let pathID: String
  let query: [String: String]
  let idempotencyKey: String?
  let body: [UInt8]
}

/// An answer of the REST API; the body is JSON.
struct APIAnswer: Sendable, Equatable {
  var status: Int
  var headers: [String: String] = [:]
  var contentType = "application/json"
  var body: JSONValue

  init(_ status: Int, _ body: JSONValue, headers: [String: String] = [:]) {
    self.status = status
    self.body = body
    self.headers = headers
  }

  init(_ problem: Problem, requestID: String) {
    status = problem.status
    headers = problem.headers
    contentType = "application/problem+json"
    body = problem.json(requestID: requestID)
  }
}
