/// Where a bot wants its updates sent.
struct Webhook: Codable, Sendable, Equatable {
  var url: String
  var secretToken: String?
  var maxConnections: Int
  var lastErrorDate: Int?
  var lastErrorMessage: String?
}
