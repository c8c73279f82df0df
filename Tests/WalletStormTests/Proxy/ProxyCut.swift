/// Where a connection to Postgres ends, as a crash of the client or of the network would end it.
enum ProxyCut: Sendable, Hashable {
  /// The statement with this number of the next transaction (1: its begin) does not reach the server any more; those
  /// before it have.
  case before(statement: Int)
  /// Neither does the first statement of this kind, if there is one.
  case beforeKind(String)
  /// The commit reaches the server, and then nobody is there.
  case atCommit
  /// The server has said that it has committed; nobody hears it.
  case afterCommit
}

/// What a proxy has seen and done.
struct ProxyTally: Sendable {
  /// Statements of transactions, by kind.
  var statements: [String: Int] = [:]
  /// Cuts that happened, by what they came before, or `commit in flight`, `commit unanswered`.
  var cuts: [String: Int] = [:]
  var transactions = 0

  /// Of the kinds that are seen often, the one that was cut least; nil: none was seen.
  var rarestCut: String? {
    statements.filter { $0.value > transactions / 100 }.keys.min {
      (cuts["before \($0)"] ?? 0, $0) < (cuts["before \($1)"] ?? 0, $1)
    }
  }

  mutating func add(_ other: ProxyTally) {
    statements.merge(other.statements, uniquingKeysWith: +)
    cuts.merge(other.cuts, uniquingKeysWith: +)
    transactions += other.transactions
  }
}

/// A statement's kind: its first word and its table.
enum StatementKind {
  static func of(_ sql: String) -> String {
    let words = sql.prefix(1_000).lowercased().split { " \n\t(,;".contains($0) }.map(String.init)
    guard let first = words.first else { return "nothing" }
    // A chain of statements is known by the table that it writes last.
    let verb = first == "with" ? "insert" : first
    func table(after word: String, last: Bool = false) -> String? {
      let places = words.indices.dropLast().filter { words[$0] == word }
      return (last ? places.last : places.first).map { words[$0 + 1] }
    }
    switch verb {
    case "insert": return "insert \(table(after: "into", last: true) ?? "?")"
    case "update": return "update \(words.dropFirst().first ?? "?")"
    case "select": return table(after: "from").map { "select \($0)" } ?? "select settings or time"
    default: return verb
    }
  }
}
