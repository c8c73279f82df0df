/// What a node's answer to a broadcast proves.
enum SendingOutcome: String, Codable, Sendable, CaseIterable {
  /// It pooled the transaction, or says so.
  case accepted
  /// It refused before any pool: it does not have the transaction.
  case rejected
  /// It may have the transaction: a time-out, a cut connection, DUP, BUSY, OTHER.
  case unknown
}

/// A node's definitive refusal.
struct Rejection: Codable, Sendable, Equatable {
  /// java-tron's code, e.g. `CONTRACT_VALIDATE_ERROR`.
  let code: String
  let message: String
}
