/// Which statement texts a connection has prepared, and under which names. A pure value; the session does the talking.
///
/// A name is registered only after the server has accepted it: in a pipeline an earlier error skips the preparation.
struct PreparedStatements {
  /// Beyond this, texts run unnamed until the session has a quiet moment for `deallocate all`.
  static let limit = 500

  enum Use: Equatable {
    case known(String)
    case prepare(String)
    case unnamed
  }

  private var names: [String: String] = [:]
  private var nextNumber = 1
  /// True when the names should be thrown away between two uses of the session.
  private(set) var needsReset = false

  mutating func register(_ sql: String, _ name: String) { names[sql] = name }

  mutating func countNames(from plan: Plan) {
    nextNumber = plan.base.nextNumber
    if plan.overflowed { needsReset = true }
  }

  /// 0A000 says that a cached plan no longer fits its table, 26000 that the server has forgotten a name.
  mutating func noteFailure(_ error: PostgresError) {
    guard error.isStalePlan else { return }
    names = [:]
    needsReset = true
  }

  /// The use of names within one round trip: a name may be used right after the request to prepare it.
  struct Plan {
    fileprivate var base: PreparedStatements
    fileprivate var overflowed = false

    init(_ base: PreparedStatements) { self.base = base }

    mutating func use(_ sql: String) -> Use {
      if let name = base.names[sql] { return .known(name) }
      guard base.names.count < PreparedStatements.limit else {
        overflowed = true
        return .unnamed
      }
      let name = "s\(base.nextNumber)"
      base.nextNumber += 1
      base.names[sql] = name
      return .prepare(name)
    }
  }
}
