import BusKit
import Contracts
import Foundation
import Postgres

/// Puts committed lines of the journal into blocks, each second. Any replica may: the head's row is the lease, and the
/// block, the totals and the head are one transaction.
enum LedgerSealer {
  /// More lines than these make another block at once. A transaction is never divided.
  static let linesMax = 50_000
  private static let remedy =
    "nothing is sealed until `energyctl ledger new-epoch` says that the database was moved or restored"
  private static let interval: Duration = .seconds(1)
  /// Two replicas do not make blocks twice as often.
  private static let restSeconds = 0.9
  /// Between looks while nothing can be sealed.
  private static let troubleInterval: Duration = .seconds(10)

  enum Outcome: Sendable, Equatable {
    /// Somebody else seals, or has just now.
    case notMine
    case sealed(block: Int64, lines: Int64, isMore: Bool)
    /// Nothing new; `isMore`: further on in an opening there may be.
    case nothing(isMore: Bool)
    case trouble(String)
  }

  /// Before anything is handled: begins recovery where this is not the cluster that was sealed, or its transaction ids
  /// went back. It takes no lock, as another replica may be sealing; the sealer stops by itself.
  static func lookForMove(_ bus: Bus) async throws {
    let reason = try await bus.read { session -> String? in
      // Statements of their own: the moment must not be earlier than the head.
      let head = try SealHead.read(session)
      if !head.trouble.isEmpty { return head.trouble }
      return trouble(head, try Moment.read(session))
    }
    if let reason { try await LedgerIncidents.report(sealing: reason, bus) }
  }

  static func run(_ bus: Bus) async throws {
    try await LedgerIncidents.tellOpen(bus)
    var rest = restSeconds
    while true {
      let pause = rest
      let outcome = try await bus.read { session in
        try session.patiently { try step(linesMax: linesMax, rest: pause, session) }
      }
      rest = restSeconds
      switch outcome {
      case .sealed(_, _, isMore: true), .nothing(isMore: true): rest = 0
      case .trouble(let reason):
        try await LedgerIncidents.report(sealing: reason, bus)
        try await Task.sleep(for: troubleInterval)
      case .notMine, .sealed, .nothing: try await Task.sleep(for: interval)
      }
    }
  }

  /// One block at most.
  /// - Parameter rest: seconds that must have gone by since the last look, unless more was left then.
  static func step(linesMax: Int = linesMax, rest: Double = 0, _ session: PostgresSession) throws -> Outcome {
    try session.transaction {
      try session.enqueue("set transaction isolation level read committed")
      try session.enqueue("select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)")
      guard var head = try SealHead.lock(waits: false, session) else { return .notMine }
      // A statement of its own: the moment must be one at which nobody else can seal any more.
      let moment = try Moment.read(session)
      if rest > 0, !head.isOpening, moment.now.timeIntervalSince(head.lookedAt) < rest, moment.now > head.lookedAt {
        return .notMine
      }
      // An opening goes by number, whatever transaction ids mean.
      if !head.isOpening {
        // Once found it stays: transaction ids that have come back to where they were mean something else there.
        if head.trouble.isEmpty { head.trouble = trouble(head, moment) ?? "" }
        if !head.trouble.isEmpty {
          try head.save(session)
          return .trouble(head.trouble)
        }
      }
      let outcome = try seal(&head, moment, linesMax, session)
      // That somebody has looked is no news worth a flush of the log: whoever comes after a crash looks again.
      if outcome == .nothing(isMore: false) { try session.enqueue("set local synchronous_commit = off") }
      try head.save(session)
      return outcome
    }
  }

  private static func seal(
    _ head: inout SealHead, _ moment: Moment, _ linesMax: Int, _ session: PostgresSession
  ) throws -> Outcome {
    if head.isOpening {
      let through = min(head.opening, head.cursor + Int64(linesMax))
      let lines = BlockLines.opening(after: head.cursor, through: through, sealed: head.sealedBefore)
      let sealed = try write(lines, &head, moment, session)
      head.cursor = through
      return sealed.map { .sealed(block: head.block, lines: $0, isMore: true) } ?? .nothing(isMore: true)
    }
    let cut = try BlockLines.cut(
      base: head.snapshot, bound: moment.snapshot, above: head.opening, linesMax: linesMax, session)
    let bound = cut ?? moment.snapshot
    let lines = BlockLines.commits(base: head.snapshot, bound: bound, above: head.opening, through: .max)
    let count = try write(lines, &head, moment, session)
    if !head.trouble.isEmpty { return .trouble(head.trouble) }
    guard let count else { return .nothing(isMore: false) }
    // Only a block moves it, so that no transaction lies between two blocks.
    head.snapshot = bound
    return .sealed(block: head.block, lines: count, isMore: cut != nil)
  }

  /// How many lines were sealed; nil when there are none, or `head.trouble` now says why not, and no block is made.
  private static func write(
    _ range: BlockLines, _ head: inout SealHead, _ moment: Moment, _ session: PostgresSession
  ) throws -> Int64? {
    let digest = try range.digest(withMarks: true, session)
    if case .commits = range { head.trouble = try strayLine(head, through: digest?.last, session) ?? "" }
    guard let digest, head.trouble.isEmpty else { return nil }
    let block = LedgerBlock(
      number: head.block + 1, epoch: head.epoch, range: range.text, previousHash: head.hash, content: digest.content,
      lines: digest.lines, firstLine: digest.first, lastLine: digest.last, sealedAt: moment.now)
    let bounds: (base: PostgresValue, snapshot: PostgresValue, after: Int64, through: PostgresValue)
    switch range {
    case .commits(let base, let bound, let above, _): bounds = (.text(base.text), .text(bound.text), above, .null)
    case .opening(let after, let through, _): bounds = (.null, .null, after, .int(through))
    }
    try session.enqueue(
      """
      insert into ledger_blocks (number, epoch, previous_hash, hash, content, lines, first_line, last_line, base,
        snapshot, after_line, through_line, marks, sealed_at)
      values ($1, $2, decode($3, 'hex'), decode($4, 'hex'), decode($5, 'hex'), $6, $7, $8, $9, $10, $11, $12, $13, $14)
      """,
      [
        .int(block.number), .int(block.epoch), .text(block.previousHash), .text(block.hash), .text(block.content),
        .int(block.lines), .int(block.firstLine), .int(block.lastLine), bounds.base, bounds.snapshot,
        .int(bounds.after), bounds.through, .bytes(digest.marks), .timestamp(block.sealedAt),
      ])
    try range.addTotals(block: block.number, session)
    head.block = block.number
    head.hash = block.hash
    head.lastLine = max(head.lastLine, block.lastLine)
    return digest.lines
  }

  /// Why blocks by transaction would be wrong; nil when all is well.
  private static func trouble(_ head: SealHead, _ moment: Moment) -> String? {
    if moment.system != head.system {
      return "the database is in another cluster (\(moment.system), it was \(head.system)): \(remedy)"
    }
    if moment.snapshot.xmax < head.snapshot.xmax {
      return "transaction ids went back from \(head.snapshot.xmax) to \(moment.snapshot.xmax): \(remedy)"
    }
    return nil
  }

  /// The same, where transaction ids went back and came so far again while nobody looked: among the lines behind all
  /// sealed ones there is one that the newest block should have had. Uses the primary key; each number is looked at
  /// once, before a block goes beyond it.
  private static func strayLine(_ head: SealHead, through last: Int64?, _ session: PostgresSession) throws -> String? {
    let stray = try session.execute(
      """
      select number from journal where number > $1 and number <= $2 and pg_visible_in_snapshot(xid, $3::pg_snapshot)
      order by number limit 1
      """, [.int(max(head.lastLine, head.opening)), .int(last ?? .max), .text(head.snapshot.text)]
    ).rows.first
    return try stray.map {
      "line \(try $0.int("number")) is behind all that are sealed, and of a transaction that was over when block "
        + "\(head.block) was made: somebody slipped it in, or the database is not the same: \(remedy)"
    }
  }
}

/// What Postgres says of itself at one moment.
struct Moment: Sendable {
  let snapshot: CommitSnapshot
  /// The cluster's own identifier.
  let system: String
  /// To the millisecond.
  let now: Date

  static func read(_ session: PostgresSession) throws -> Moment {
    let row = try session.execute(
      """
      select pg_current_snapshot()::text as snapshot, date_trunc('milliseconds', clock_timestamp()) as now,
        (select system_identifier::text from pg_control_system()) as system
      """
    ).rows.first
    guard let row else { throw SealError.noHead }
    return Moment(
      snapshot: try SealHead.snapshot(try row.string("snapshot")), system: try row.string("system"),
      now: try row.date("now"))
  }
}
