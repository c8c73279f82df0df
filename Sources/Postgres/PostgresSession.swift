/// A conversation with the database, lent to the body of `PostgresPool.withSession` or `.transaction` on the
/// connection's own thread. It is not Sendable, so it cannot leave that body.
///
/// Statements are prepared once per connection and text, so write them with parameters and keep their number small.
/// A round trip costs more than most statements: `enqueue` what returns nothing; it travels with the next `execute`,
/// `flush` or commit. An error of an enqueued statement surfaces there, and everything behind it is skipped.
public final class PostgresSession {
  /// The most statements that may wait for a flush.
  public static let pendingLimit = 50_000
  /// One round trip carries at most this much, so that neither side holds a huge buffer.
  private static let chunkStatements = 1_000
  private static let chunkBytes = 1024 * 1024

  private let link: PostgresLink
  private var prepared = PreparedStatements()
  private var pending: [PostgresStatement] = []
  private var inTransaction = false
  /// The open `transaction` has sent its commit.
  private var hasCommitted = false

  init(link: PostgresLink) { self.link = link }

  /// Runs one statement, after everything enqueued, in one round trip, and returns its result.
  public func execute(_ sql: String, _ parameters: [PostgresValue] = []) throws -> PostgresResult {
    try enqueue(sql, parameters)
    let results = try flush()
    guard let last = results.last else { throw PostgresError(.connection, "The statement's result is missing.") }
    return last
  }

  /// Runs several statements separated by semicolons; outside a transaction they are one by themselves.
  public func script(_ sql: String) throws {
    try refuseAfterCommit()
    try flush()
    try link.runScript(sql)
  }

  /// Adds a statement to the next round trip.
  /// - Throws: code `.encoding` or `.limit`; the statement is not enqueued then.
  public func enqueue(_ sql: String, _ parameters: [PostgresValue] = []) throws {
    try refuseAfterCommit()
    guard pending.count < Self.pendingLimit else {
      throw PostgresError(.limit, "\(Self.pendingLimit) statements are enqueued; flush, or use arrays and unnest.")
    }
    pending.append(try PostgresStatement(sql, parameters))
  }

  /// Sends everything enqueued and returns one result each, in order. Throws the first error; what follows it in the
  /// same round trip was skipped. In a transaction the transaction has failed then. Outside one, statements between
  /// two round trips (at most 1,000 statements or 1 MiB) stand or fall together.
  @discardableResult
  public func flush() throws -> [PostgresResult] {
    let statements = pending
    pending = []
    var results: [PostgresResult] = []
    results.reserveCapacity(statements.count)
    for chunk in Self.chunks(statements) { try exchange(chunk, into: &results) }
    return results
  }

  /// Runs `body` between begin and commit; a throw rolls back. Begin travels with the first statement, commit with the
  /// last enqueued ones.
  /// - Throws: the body's error, or that of an enqueued statement or the commit. Code `.commitUnknown` if the
  ///   connection was lost while the commit was on its way.
  public func transaction<T>(_ body: () throws -> T) throws -> T {
    guard !inTransaction, !link.hasTransaction else {
      throw PostgresError(.misuse, "A transaction is open already; use it, or a savepoint.")
    }
    try flush()
    inTransaction = true
    defer { (inTransaction, hasCommitted) = (false, false) }
    try enqueue("begin")
    do {
      let value = try body()
      if !hasCommitted { try commit() }
      return value
    } catch {
      rollback()
      throw error
    }
  }

  /// Sends everything enqueued with the commit of the transaction that this is in, and returns one result each. A
  /// transaction whose last statement is known as such costs one round trip less. Nothing more can be sent in it, and
  /// what its body throws from here on takes nothing back.
  /// - Throws: as `transaction` does.
  public func flushCommitting() throws -> [PostgresResult] {
    guard inTransaction else {
      throw PostgresError(.misuse, "There is no transaction to commit; use flush, or begin one with transaction.")
    }
    try refuseAfterCommit()
    let results = try commit()
    hasCommitted = true
    return results
  }

  /// Runs the last statement of a transaction: `flushCommitting` with this one's result.
  public func executeCommitting(_ sql: String, _ parameters: [PostgresValue] = []) throws -> PostgresResult {
    try enqueue(sql, parameters)
    guard let last = try flushCommitting().last else {
      throw PostgresError(.connection, "The statement's result is missing.")
    }
    return last
  }

  /// Runs `body`, and what it enqueues, with the patience that long statements need: a server that says nothing is
  /// given up only when it should have ended them itself, by its statement timeout.
  public func patiently<T>(_ body: () throws -> T) throws -> T {
    let patience = link.patience
    link.patience = link.longPatience
    defer { link.patience = patience }
    let value = try body()
    try flush()
    return value
  }

  // MARK: For the pool

  /// True when the connection can be lent once more.
  var isUsable: Bool { !link.isBroken }

  /// True when it was given up because the server said nothing.
  var hasFallenSilent: Bool { link.hasFallenSilent }

  /// True from the first round trip of a transaction to its end.
  var hasOpenTransaction: Bool { link.hasTransaction }

  func detectLoss() { link.absorb() }

  /// Ends what a body left behind: flushes what it enqueued, rolls back what it opened, forgets surplus statements.
  func settle(flushing: Bool) throws {
    defer {
      pending = []
      if link.hasTransaction { rollback() }
    }
    if flushing { try flush() }
    if prepared.needsReset, !link.isBroken, link.isIdle {
      try link.runScript("deallocate all")
      prepared = PreparedStatements()
    }
  }

  /// Runs `body` with another limit on the server's silence.
  func withPatience<T>(_ limit: Duration, _ body: () throws -> T) rethrows -> T {
    let patience = link.patience
    link.patience = limit
    defer { link.patience = patience }
    return try body()
  }

  // MARK: -

  private func refuseAfterCommit() throws {
    guard hasCommitted else { return }
    throw PostgresError(.misuse, "The transaction is committed; send this before, or in another one.")
  }

  /// Returns the results of what was sent with the commit.
  @discardableResult
  private func commit() throws -> [PostgresResult] {
    // Nothing was ever sent: begin and commit would only cost a round trip.
    if pending.count == 1, !link.hasTransaction {
      pending = []
      return []
    }
    let statements = pending + [try PostgresStatement("commit", [])]
    pending = []
    let chunks = Self.chunks(statements)
    var results: [PostgresResult] = []
    for (index, chunk) in chunks.enumerated() {
      if index < chunks.count - 1 {
        try exchange(chunk, into: &results)
      } else {
        try exchange(chunk, into: &results, committing: true)
      }
    }
    return Array(results.dropLast())
  }

  private func rollback() {
    pending = []
    guard !link.isBroken, link.hasTransaction else { return }
    do {
      try link.runScript("rollback")
    } catch {
      // The connection is lost or of no use; the server rolls back by itself when it notices.
      link.abandon()
    }
  }

  private static func chunks(_ statements: [PostgresStatement]) -> [ArraySlice<PostgresStatement>] {
    var chunks: [ArraySlice<PostgresStatement>] = []
    var (start, bytes) = (0, 0)
    for (index, statement) in statements.enumerated() {
      bytes += statement.buffer.count
      if index + 1 - start == chunkStatements || bytes >= chunkBytes || index + 1 == statements.count {
        chunks.append(statements[start...index])
        (start, bytes) = (index + 1, 0)
      }
    }
    return chunks
  }

  /// One round trip. `committing` says that the last statement is the commit.
  private func exchange(
    _ chunk: ArraySlice<PostgresStatement>, into results: inout [PostgresResult], committing: Bool = false
  ) throws {
    if link.isBroken { throw link.connectionError() }
    var received = 0
    do {
      let steps = try sendAll(chunk)
      let failure = try receiveAll(steps, into: &results, received: &received, committing: committing)
      if let failure { throw failure }
    } catch let error as PostgresError where link.isBroken || error.code == .connection {
      link.abandon()
      // An error for an earlier statement means that the server never came to the commit.
      let refusedBefore = error.sqlState != nil && received < chunk.count - 1
      guard committing, !refusedBefore, error.code != .misuse else { throw error }
      throw PostgresError(.commitUnknown, "The connection was lost during the commit: \(error.message).")
    }
  }

  private func sendAll(_ chunk: ArraySlice<PostgresStatement>) throws -> [PipelineStep] {
    var plan = PreparedStatements.Plan(prepared)
    var steps: [PipelineStep] = []
    steps.reserveCapacity(chunk.count)
    try link.enterPipeline()
    for statement in chunk {
      switch plan.use(statement.sql) {
      case .known(let name): try link.send(statement, prepared: name)
      case .unnamed: try link.send(statement, prepared: nil)
      case .prepare(let name):
        try link.sendPrepare(name, statement.sql)
        steps.append(.prepare(statement.sql, name))
        try link.send(statement, prepared: name)
      }
      steps.append(.run)
    }
    prepared.countNames(from: plan)
    try link.sync()
    return steps
  }

  /// Reads a result per step, then the end of the pipeline, so that the connection can be used again whatever happened.
  private func receiveAll(
    _ steps: [PipelineStep], into results: inout [PostgresResult], received: inout Int, committing: Bool
  ) throws -> PostgresError? {
    var failure: PostgresError?
    for (index, step) in steps.enumerated() {
      let result = try link.commandResult()
      if failure == nil { failure = PostgresLink.failure(of: result) }
      if failure != nil {
        PostgresLink.clear(result)
        if link.isBroken { return failure }
        continue
      }
      switch step {
      case .prepare(let sql, let name):
        prepared.register(sql, name)
        PostgresLink.clear(result)
      case .run:
        received += 1
        if committing, index == steps.count - 1, PostgresLink.commandTag(result) == "ROLLBACK" {
          failure = PostgresError(.server(sqlState: "25P02"), "A statement had failed, so the commit rolled back.")
        }
        results.append(PostgresLink.collect(result))
      }
    }
    try link.expectSync()
    try link.exitPipeline()
    if let failure { prepared.noteFailure(failure) }
    return failure
  }
}

/// What a pipelined command was sent for.
private enum PipelineStep {
  case prepare(String, String)
  case run
}
