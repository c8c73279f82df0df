/// An error of the REST API as RFC 9457 wants it (`application/problem+json`). `code` is stable; texts may change.
struct Problem: Error, Sendable, Equatable {
  var status: Int
  var code: String
  var title: String
  var detail: String
  /// Every field that is wrong, with its place in the body.
  var errors: [FieldError] = []
  /// The order the problem is about, where one exists.
  var orderID: String?
  /// Sent as headers: `Retry-After`, `Allow`, `WWW-Authenticate`, `Location`.
  var headers: [String: String] = [:]

  init(
    _ status: Int, _ code: String, _ title: String, _ detail: String, errors: [FieldError] = [],
    headers: [String: String] = [:]
  ) {
    self.status = status
    self.code = code
    self.title = title
    self.detail = detail
    self.errors = errors
    self.headers = headers
  }

  func json(requestID: String) -> JSONValue {
    var members: [String: JSONValue] = [
      "type": .string("/problems/" + code.replacing("_", with: "-")), "title": .string(title),
      "status": .int(Int64(status)), "detail": .string(detail), "code": .string(code),
      "request_id": .string(requestID),
    ]
    if !errors.isEmpty { members["errors"] = .array(errors.map(\.json)) }
    if let orderID { members["order_id"] = .string(orderID) }
    return .object(members)
  }
}

/// One wrong field of a request.
struct FieldError: Sendable, Equatable {
  /// A JSON pointer as a URI fragment: `#/energy`; for a query parameter `?limit`.
  let pointer: String
  let code: String
  let detail: String

  var json: JSONValue {
    ["pointer": .string(pointer), "code": .string(code), "detail": .string(detail)]
  }
}

extension Problem {
  static let unauthorized = Problem(
    401, "unauthorized", "Unauthorized",
    "Send the API key as 'Authorization: Bearer ek_…'. The key is missing, malformed or unknown.",
    headers: ["WWW-Authenticate": "Bearer realm=\"orders\""])
  static let internalError = Problem(
    500, "internal_error", "Internal error", "Something failed on our side; give the request_id when you ask about it.")

  static func notFound(_ what: String) -> Problem { Problem(404, "not_found", "Not found", what) }

  static func methodNotAllowed(allowed: [String]) -> Problem {
    let list = allowed.joined(separator: ", ")
    return Problem(
      405, "method_not_allowed", "Method not allowed", "This resource answers \(list).", headers: ["Allow": list])
  }

  static func bodyTooLarge(limitBytes: Int) -> Problem {
    Problem(413, "body_too_large", "Body too large", "The body may have at most \(limitBytes) bytes.")
  }

  static func bodyTimeout(limit: Duration) -> Problem {
    Problem(
      408, "body_timeout", "Request Timeout",
      "The body did not arrive within \(limit.components.seconds) s; nothing was changed. Send the request again.",
      headers: ["Connection": "close"])
  }

  static func invalid(_ errors: [FieldError]) -> Problem {
    let count = errors.count == 1 ? "One field is" : "\(errors.count) fields are"
    return Problem(422, "validation_failed", "Invalid request", "\(count) wrong; see errors.", errors: errors)
  }

  static func unavailable(_ detail: String, retryAfterSeconds: Int = 2) -> Problem {
    Problem(
      503, "unavailable", "Temporarily unavailable", detail, headers: ["Retry-After": String(retryAfterSeconds)])
  }

  /// Nobody can say whether it was done: an answer that the connection to the database was lost for.
  static func outcomeUnknown(_ detail: String, retryAfterSeconds: Int = 2) -> Problem {
    Problem(503, "outcome_unknown", "Outcome unknown", detail, headers: ["Retry-After": String(retryAfterSeconds)])
  }

  var isOutcomeUnknown: Bool { code == "outcome_unknown" }

  /// Says nothing of a request that came before with the same key.
  static let ordersAway = unavailable(
    "Orders can be neither looked up nor recorded at the moment: this request has ordered nothing. "
      + "Send it again with the same Idempotency-Key.")

  static func rateLimited(retryAfterSeconds: Int) -> Problem {
    Problem(
      429, "rate_limited", "Too many requests", "Wait \(retryAfterSeconds) s and send the request again.",
      headers: ["Retry-After": String(retryAfterSeconds)])
  }

  /// - Parameter limit: how many a client may have.
  static func tooManyAtOnce(_ limit: Int) -> Problem {
    Problem(
      429, "rate_limited", "Too many requests",
      "\(limit) requests of yours are in work; nothing was changed. Send this one again when others are answered.",
      headers: ["Retry-After": "1"])
  }
}
