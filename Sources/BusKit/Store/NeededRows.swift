import Postgres

/// The reads that a transaction's needs come to: one statement per table and kind of lock. What is read without a lock
/// comes first, so that a row of both kinds ends as the locked one; then tables in alphabetical order, rows in key
/// order: two transactions never lock each other up.
struct NeededRows {
  private let reads: [(first: Need, needs: [Need])]

  init(_ needs: [Need]) {
    reads = Self.reads(needs.filter { !$0.isLocking }) + Self.reads(needs.filter(\.isLocking))
  }

  /// How many statements it takes.
  var count: Int { reads.count }

  func enqueue(in session: PostgresSession) throws {
    for (first, needs) in reads {
      let (condition, parameters) = Self.condition(needs, first)
      let lock = first.isLocking ? " for update" : ""
      try session.enqueue("select * from \(first.table)\(condition) order by \(first.keyColumn)\(lock)", parameters)
    }
  }

  /// - Parameter results: one for each statement.
  func place(_ results: ArraySlice<PostgresResult>, into workspace: Workspace) throws {
    for ((first, _), result) in zip(reads, results) {
      for row in result.rows {
        let value = try first.decode(LoadedRow(row: row))
        try workspace.place(value, table: first.table, key: value.rowKey)
      }
    }
  }

  private static func reads(_ needs: [Need]) -> [(first: Need, needs: [Need])] {
    Dictionary(grouping: needs, by: \.table).sorted { $0.key < $1.key }.compactMap { _, needs in
      needs.first.map { ($0, needs) }
    }
  }

  /// Rows named by a column are first looked up by it alone and then read by their keys, in each step in an order that
  /// one index alone has: the plan is kept, and while a table is small all indexes that hold a column cost the same. A
  /// row that another transaction changes in between comes too; whether a unit sees it its column says.
  private static func condition(_ needs: [Need], _ first: Need) -> (String, [PostgresValue]) {
    let key = first.keyColumn
    var (keys, wanted): (Set<String>, [String: Set<String>]) = ([], [:])
    for need in needs {
      switch need.selector {
      case .all: return ("", [])
      case .key(let value): keys.insert(value)
      case .column(let column, let value): wanted[column, default: []].insert(value)
      }
    }
    let columns = wanted.sorted { $0.key < $1.key }
    var parameters = columns.map { PostgresValue.textArray($0.value.sorted()) }
    let found = columns.enumerated().map { place, column in
      "(select \(key) from \(first.table) where \(column.key) = any($\(place + 1)) order by \(column.key))"
    }
    var sources = found.isEmpty ? [] : ["array(\(found.joined(separator: " union all ")))"]
    if !keys.isEmpty {
      parameters.append(.textArray(keys.sorted()))
      sources.append("$\(parameters.count)")
    }
    return (" where \(key) = any(\(sources.joined(separator: " || ")))", parameters)
  }
}
