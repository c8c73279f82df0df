/// The last calls of bots. Polls are kept apart, so that they do not push the others out. No tokens or secrets.
struct CallJournal: Sendable {
  private var calls: [(number: Int, call: JSON)] = []
  private var polls: [(number: Int, call: JSON)] = []
  private var next = 1

  mutating func add(bot: Int, method: String, parameters: [String: JSON], failure: BotAPIError?, now: Double) {
    let call = JSON.object(compact: [
      "number": .integer(next), "at": .double(now), "bot_id": .integer(bot), "method": .string(method),
      "parameters": .object(parameters.mapKeyed(Self.shown)), "ok": .bool(failure == nil),
      "error_code": failure.map { .integer($0.code) }, "description": failure.map { .string($0.description) },
    ])
    if method.lowercased() == "getupdates" {
      polls.append((next, call))
      polls.keepLast(Limits.journalledPolls)
    } else {
      calls.append((next, call))
      calls.keepLast(Limits.journalledCalls)
    }
    next += 1
  }

  /// Oldest first; all methods when `method` is nil.
  /// - Parameter number: calls up to this one are left out.
  func list(method: String?, after number: Int = 0) -> [JSON] {
    (calls + polls).filter { $0.number > number }.sorted { $0.number < $1.number }.map(\.call).filter {
      method == nil || $0["method"]?.text?.lowercased() == method?.lowercased()
    }
  }

  private static func shown(_ name: String, _ value: JSON) -> JSON {
    if name == "secret_token" { return "•••" }
    guard case .string(let text) = value, text.count > Limits.journalTextCharacters else { return value }
    return .string(String(text.prefix(Limits.journalTextCharacters)) + "…")
  }
}

extension Dictionary where Key == String, Value == JSON {
  fileprivate func mapKeyed(_ change: (String, JSON) -> JSON) -> [String: JSON] {
    Dictionary(uniqueKeysWithValues: map { ($0.key, change($0.key, $0.value)) })
  }
}
