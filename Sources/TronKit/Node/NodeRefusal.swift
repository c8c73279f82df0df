import Foundation

/// What a node or gateway says instead of an answer, and what it means. Nodes send most of it with status 200.
struct NodeRefusal {
  let name: String
  let text: String
  let status: Int
  let retryAfter: String?

  /// The longest that a node is left alone because it said so.
  static let suspensionMax: Int64 = 600
  /// For a 403 or 429 that does not say how long. A 503 asks for a pause only where it says so.
  static let suspensionDefault: Int64 = 5

  /// java-tron's exceptions about the request itself: another node would say the same.
  private static let judgements = ["ContractValidateException", "JSONException", "ParseException"]
  private static let closures = [
    "is unavailable due to config", "is closed because this node is a lite fullnode",
    "does not support estimate energy", "does not support constant",
  ]

  /// Whether the text alone says what kind of error it is.
  var isRecognised: Bool { suspension != nil || code(ofText: text) != nil }

  var error: TronNodeError {
    let message = "\(name): \(text.prefix(300)) (status \(status))"
    if let suspension { return TronNodeError(.rateLimited, message, retryAfter: .seconds(suspension)) }
    if let code = code(ofText: text) { return TronNodeError(code, message) }
    if status == 429 || status == 403 || (status == 503 && retryAfter != nil) {
      let seconds = retryAfter.flatMap { Int64($0) } ?? Self.suspensionDefault
      return TronNodeError(.rateLimited, message, retryAfter: .seconds(min(max(1, seconds), Self.suspensionMax)))
    }
    return TronNodeError(.refused, message)
  }

  /// TronGrid: "… the query server is suspended for 30s", also "… for 1 s. To obtain …".
  private var suspension: Int64? {
    guard let mark = text.range(of: "suspended for ") else { return nil }
    return Int64(text[mark.upperBound...].prefix { $0.isASCII && $0.isNumber })
      .map { min(max(1, $0), Self.suspensionMax) }
  }

  private func code(ofText text: String) -> TronNodeError.Code? {
    if Self.closures.contains(where: text.contains) { return .unsupported }
    if Self.judgements.contains(where: text.contains) { return .invalid }
    return nil
  }
}

extension NodeRefusal {
  /// An error in the `result` of a smart-contract call: `{"code":…,"message":…}`.
  static func ofCall(name: String, code: String, message: String) -> TronNodeError {
    let refusal = NodeRefusal(name: name, text: "\(code): \(message)", status: 200, retryAfter: nil)
    if refusal.isRecognised { return refusal.error }
    return TronNodeError(code == "OTHER_ERROR" || code == "SERVER_BUSY" ? .refused : .invalid, refusal.error.message)
  }
}
