import Contracts

/// A request of the REST API after authentication, without the HTTP server's types.
struct APIRequest: Sendable {
  let caller: ClientDirectory.Caller
  /// The `{id}` or `{address}` of the path, or empty.
  let pathID: String
  let query: [String: String]
  let idempotencyKey: String?
  let body: [UInt8]
  /// When it reached this service.
  let arrived: ContinuousClock.Instant
}

/// An answer of the REST API.
struct APIAnswer: Sendable, Equatable {
  var status: Int
  var headers: [String: String] = [:]
  /// nil: no content.
  var contentType: String? = "application/json"
  /// `null` where there is a picture or nothing.
  var body: JSONValue
  var picture: [UInt8]?

  init(_ status: Int, _ body: JSONValue, headers: [String: String] = [:]) {
    self.status = status
    self.body = body
    self.headers = headers
  }

  init(png: [UInt8], headers: [String: String]) {
    self.init(200, .null, headers: headers)
    contentType = "image/png"
    picture = png
  }

  static let noContent = APIAnswer(noContent: 204)

  private init(noContent status: Int) {
    self.init(status, .null)
    contentType = nil
  }

  init(_ problem: Problem, requestID: String) {
    status = problem.status
    headers = problem.headers
    contentType = "application/problem+json"
    body = problem.json(requestID: requestID)
  }
}
