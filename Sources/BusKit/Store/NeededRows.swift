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
      let lock = first.isLocking ? " order by \(first.keyColumn) for update" : ""
      try session.enqueue("select * from \(first.table)\(condition)\(lock)", parameters)
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

  /// Rows named by a column are first looked up by it alone and then read by their keys. In one condition the plan,
  /// which is kept, might walk the whole primary key for the order: that costs least while the table is small. A row
  /// that another transaction changes in between comes too; whether a unit sees it its column says.
  private static func condition(_ needs: [Need], _ first: Need) -> (String, [PostgresValue]) {
    let key = first.keyColumn
    var wanted: [String: Set<String>] = [:]
    for need in needs {
      switch need.selector {
      case .all: return ("", [])
      case .key(let value): wanted[key, default: []].insert(value)
      case .column(let column, let value): wanted[column, default: []].insert(value)
      }
    }
    let sorted = wanted.sorted { $0.key < $1.key }
    let parameters = sorted.map { PostgresValue.textArray($0.value.sorted()) }
    if sorted.count == 1, sorted[0].key == key { return (" where \(key) = any($1)", parameters) }
    let found = sorted.enumerated().map { place, column in
      "select \(key) from \(first.table) where \(column.key) = any($\(place + 1))"
    }
    return (" where \(key) = any(array(\(found.joined(separator: " union all "))))", parameters)
  }
}
