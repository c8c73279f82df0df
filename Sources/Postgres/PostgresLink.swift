import CLibpq
import Glibc

/// One libpq connection: opened, used and freed by one thread. Everything that waits has a deadline, sending too: libpq
/// keeps what the socket does not take, and `nextResult` sends it on.
final class PostgresLink {
  private let connection: OpaquePointer
  private var abandoned = false
  /// How long the server may stay silent while something is due, or take nothing of what is sent; nil waits for ever.
  var patience: Duration?
  /// The same for statements that may take their time.
  let longPatience: Duration?
  /// Whether the server stayed silent for longer.
  private(set) var hasFallenSilent = false

  init(_ configuration: PostgresConfiguration) throws {
    let seconds = max(2, configuration.connectTimeout.components.seconds)
    var settings: [(String, String)] = [
      ("dbname", configuration.conninfo), ("application_name", configuration.applicationName),
      ("client_encoding", "UTF8"), ("connect_timeout", String(seconds)), ("keepalives_idle", "15"),
      ("keepalives_interval", "5"), ("keepalives_count", "3"), ("tcp_user_timeout", "30000"),
    ]
    if let password = configuration.password { settings.append(("password", password)) }
    // Holds the C copies for the time of the call.
    let keywords: [UnsafeMutablePointer<CChar>?] = settings.map { strdup($0.0) } + [nil]
    let values: [UnsafeMutablePointer<CChar>?] = settings.map { strdup($0.1) } + [nil]
    defer { for copy in keywords + values { free(copy) } }
    let expandConninfo: Int32 = 1
    guard
      let opened = PQconnectdbParams(
        keywords.map { UnsafePointer($0) }, values.map { UnsafePointer($0) }, expandConninfo)
    else { throw PostgresError(.connection, "No memory for a connection.") }
    connection = opened
    patience = configuration.patience.usual
    longPatience = configuration.patience.long
    guard PQstatus(opened) == CONNECTION_OK else {
      throw PostgresError(.connection, "No connection: \(lastError). Check the address, the role and the password.")
    }
    // A server that does not read would else hold the thread in libpq, without a limit.
    let isNonblocking: Int32 = 1
    guard PQsetnonblocking(opened, isNonblocking) == 0 else { throw connectionError() }
    // Without a receiver notices go to standard error. The pointer is good as long as the connection: `deinit` ends it.
    PQsetNoticeReceiver(opened, Self.receiveNotice, Unmanaged.passUnretained(self).toOpaque())
    try runScript(Self.preamble(configuration))
  }

  deinit { PQfinish(connection) }

  private static func preamble(_ configuration: PostgresConfiguration) -> String {
    var settings = [
      ("TimeZone", "UTC"), ("DateStyle", "ISO"), ("bytea_output", "hex"), ("standard_conforming_strings", "on"),
      ("statement_timeout", String(configuration.statementTimeout.milliseconds)),
      ("lock_timeout", String(configuration.lockTimeout.milliseconds)),
      ("idle_in_transaction_session_timeout", String(configuration.idleInTransactionTimeout.milliseconds)),
      // What is still running when its client has given up ends, and its locks with it.
      ("client_connection_check_interval", "2000"),
    ]
    if let path = configuration.searchPath { settings.append(("search_path", path)) }
    return settings.map { name, value in
      "select set_config('\(name)', '\(value.replacing("'", with: "''"))', false);"
    }.joined()
  }

  /// libpq's own words, on one line. They may name host, role and database, never the password.
  var lastError: String {
    let text = PQerrorMessage(connection).map { String(cString: $0) } ?? ""
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    return line.isEmpty ? "the server closed the connection" : line
  }

  var isBroken: Bool { abandoned || PQstatus(connection) != CONNECTION_OK }
  var isIdle: Bool { PQtransactionStatus(connection) == PQTRANS_IDLE }
  var hasTransaction: Bool {
    let status = PQtransactionStatus(connection)
    return status == PQTRANS_INTRANS || status == PQTRANS_INERROR
  }

  /// Reads what an idle server may have said (a farewell, mostly), so that `isBroken` tells the truth.
  func absorb() {
    // A farewell and the end of the stream are two reads; more than a few means the server keeps talking.
    for _ in 0..<4 where !isBroken {
      guard wait(for: POLLIN, .zero) else { return }
      if PQconsumeInput(connection) == 0 { return }
      // Parses what came, which hands a farewell to `receiveNotice`.
      _ = PQisBusy(connection)
    }
  }

  /// Notices are dropped; what matters of them the server's log has. An error that nobody asked for is the server's
  /// farewell (it was shut down, or the session was ended), which comes a moment before the end of the stream.
  private static let receiveNotice: PQnoticeReceiver = { context, result in
    guard let context, let result, let severity = PQresultErrorField(result, Int32(UInt8(ascii: "V"))) else { return }
    guard ["FATAL", "PANIC"].contains(String(cString: severity)) else { return }
    Unmanaged<PostgresLink>.fromOpaque(context).takeUnretainedValue().abandoned = true
  }

  // MARK: Simple protocol

  /// Runs one or several statements separated by semicolons; the first error ends the script.
  func runScript(_ sql: String) throws {
    guard PQsendQuery(connection, sql) == 1 else { throw connectionError() }
    var failure: PostgresError?
    while let result = try nextResult() {
      defer { PQclear(result) }
      if failure == nil { failure = Self.failure(of: result) }
      if Self.isCopy(result) { throw refuseCopy() }
    }
    if let failure { throw failure }
    if isBroken { throw connectionError() }
  }

  // MARK: Pipeline

  func enterPipeline() throws {
    guard PQenterPipelineMode(connection) == 1 else { throw connectionError() }
  }

  /// Only possible when every result has been read; otherwise the connection is of no more use.
  func exitPipeline() throws {
    guard PQexitPipelineMode(connection) == 1 else { throw connectionError() }
  }

  func sendPrepare(_ name: String, _ sql: String) throws {
    guard PQsendPrepare(connection, name, sql, 0, nil) == 1 else { throw connectionError() }
  }

  func send(_ statement: PostgresStatement, prepared name: String?) throws {
    let sent = statement.withParameters { count, values, lengths, formats in
      if let name { return PQsendQueryPrepared(connection, name, count, values, lengths, formats, 0) }
      return PQsendQueryParams(connection, statement.sql, count, nil, values, lengths, formats, 0)
    }
    guard sent == 1 else { throw connectionError() }
  }

  func sync() throws {
    guard PQpipelineSync(connection) == 1 else { throw connectionError() }
  }

  /// The one result of a pipelined command, which the caller must clear, with the nil that libpq puts after it.
  func commandResult() throws -> OpaquePointer {
    guard let result = try nextResult() else { throw connectionError() }
    if Self.isCopy(result) {
      PQclear(result)
      throw refuseCopy()
    }
    if PQresultStatus(result) != PGRES_PIPELINE_SYNC {
      while let extra = try nextResult() { PQclear(extra) }
    }
    return result
  }

  func expectSync() throws {
    let result = try commandResult()
    defer { PQclear(result) }
    guard PQresultStatus(result) == PGRES_PIPELINE_SYNC else { throw Self.failure(of: result) ?? connectionError() }
  }

  // MARK: Results

  /// The error that a result carries, without DETAIL and without the value that class 22 quotes.
  static func failure(of result: OpaquePointer) -> PostgresError? {
    let status = PQresultStatus(result)
    guard status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE || status == PGRES_NONFATAL_ERROR
    else { return nil }
    func field(_ code: Unicode.Scalar) -> String? {
      PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
    }
    guard let state = field("C") else {
      let text = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
      return PostgresError(.connection, text.split(whereSeparator: \.isNewline).joined(separator: " "))
    }
    var message = field("M") ?? "no message"
    if state.hasPrefix("22"), let quote = message.firstRange(of: ": \"") {
      message = String(message[..<quote.lowerBound])
    }
    return PostgresError(
      .server(sqlState: state), message, constraint: field("n"), table: field("t"),
      isStorageFailure: isStorageFailure(state, source: field("F") ?? ""))
  }

  /// Disk full and I/O errors have codes of their own; a file size limit or a quota is an internal error (XX000), told
  /// apart by the server's source file, which is the same in every language: those that read and write files.
  private static func isStorageFailure(_ state: String, source: String) -> Bool {
    let sources: Set<String> = ["md.c", "fd.c", "slru.c", "buffile.c", "xlog.c", "copydir.c"]
    return state == "53100" || state == "58030" || (state == "XX000" && sources.contains(source))
  }

  static func clear(_ result: OpaquePointer) { PQclear(result) }

  /// `COMMIT`, `INSERT 0 1`, …
  static func commandTag(_ result: OpaquePointer) -> String { PQcmdStatus(result).map { String(cString: $0) } ?? "" }

  /// Makes a result of libpq's, which owns it from here on.
  static func collect(_ result: OpaquePointer) -> PostgresResult {
    let affected = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
    guard PQntuples(result) > 0 else {
      PQclear(result)
      return PostgresResult(rows: [], affected: affected)
    }
    let cells = PostgresCells(owning: result)
    return PostgresResult(
      rows: (0..<cells.rowCount).map { PostgresRow(cells: cells, index: $0) }, affected: affected)
  }

  /// Makes the connection unusable, so that the pool replaces it.
  func abandon() {
    abandoned = true
    let socket = PQsocket(connection)
    if socket >= 0 { shutdown(socket, Int32(SHUT_RDWR)) }
  }

  func connectionError() -> PostgresError { PostgresError(.connection, lastError) }

  private static func isCopy(_ result: OpaquePointer) -> Bool {
    let status = PQresultStatus(result)
    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT || status == PGRES_COPY_BOTH
  }

  /// COPY needs another conversation: the connection stands in the middle of one, and must not be used again.
  private func refuseCopy() -> PostgresError {
    abandon()
    return PostgresError(.misuse, "COPY is not offered here; use insert … unnest.")
  }

  private func nextResult() throws -> OpaquePointer? {
    try sendRest()
    while PQisBusy(connection) == 1 {
      guard wait(for: POLLIN, patience) else { throw giveUp("said nothing") }
      // On failure libpq makes an error result of it, which PQgetResult hands out.
      if PQconsumeInput(connection) == 0 { break }
    }
    return PQgetResult(connection)
  }

  /// Sends what the socket has not taken yet. Meanwhile it reads: a server that cannot get rid of its answers takes
  /// nothing more.
  private func sendRest() throws {
    while true {
      let left = PQflush(connection)
      guard left >= 0 else { throw connectionError() }
      if left == 0 { return }
      guard wait(for: POLLIN | POLLOUT, patience) else { throw giveUp("took nothing") }
      // On failure libpq has an error result for whoever reads.
      if PQconsumeInput(connection) == 0 { return }
    }
  }

  /// Nothing can be known of the statement any more, so the connection must not be used again.
  private func giveUp(_ what: String) -> PostgresError {
    hasFallenSilent = true
    abandon()
    return PostgresError(
      .connection, "The server \(what) for \((patience ?? .zero).milliseconds) ms; the connection was given up.")
  }

  /// True when the socket is ready; nil waits for ever.
  private func wait(for events: Int32, _ limit: Duration?) -> Bool {
    let deadline = limit.map { ContinuousClock.now + $0 }
    while true {
      var poller = pollfd(fd: PQsocket(connection), events: Int16(events), revents: 0)
      let left = deadline.map { max(0, (($0 - ContinuousClock.now).milliseconds)) }
      let ready = poll(&poller, 1, left.map { Int32(clamping: $0) } ?? -1)
      if ready > 0 { return true }
      if ready == 0 || errno != EINTR { return ready < 0 }
    }
  }
}
