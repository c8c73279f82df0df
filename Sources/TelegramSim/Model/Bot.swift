/// A bot that has called. It is known by the number before the colon of its token; the token is kept nowhere.
struct Bot: Codable, Sendable, Equatable {
  var id: Int
  var nextUpdateID = 700_000_001
  var nextMessageID = 1
  var nextCallbackID = 1
  var updates: [Update] = []
  /// Updates already confirmed or delivered, kept for re-delivery on demand.
  var history: [Update] = []
  var webhook: Webhook?
  /// nil: everything the simulator produces.
  var allowedUpdates: [String]?
  var commands: [CommandList] = []
  var dialogs: [Int: Dialog] = [:]
  var callbacks: [Callback] = []

  init(id: Int) { self.id = id }

  var username: String { "energy_\(id)_bot" }

  var user: JSON {
    ["id": .integer(id), "is_bot": true, "first_name": "TRON Energy", "username": .string(username)]
  }
}
