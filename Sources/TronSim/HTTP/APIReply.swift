/// An answer: nearly always 200 and JSON, as java-tron's are.
struct APIReply: Sendable {
  enum Body: Sendable {
    case json(JSON)
    /// What a proxy answers that knows no JSON.
    case page(String)
  }

  /// How much of it the client gets.
  enum Ending: Sendable {
    case complete
    /// The connection is closed half-way through the body.
    case cut
    /// The connection is closed before the first byte of the body.
    case silent
  }

  var status = 200
  let body: Body
  var ending = Ending.complete

  init(_ json: JSON, status: Int = 200) {
    body = .json(json)
    self.status = status
  }

  init(page: String, status: Int) {
    body = .page(page)
    self.status = status
  }

  static let empty = APIReply(.object([]))

  var text: String {
    switch body {
    case .json(let json): json.text
    case .page(let text): text
    }
  }

  var contentType: String {
    if case .page = body { return "text/html" }
    return "application/json; charset=utf-8"
  }
}
