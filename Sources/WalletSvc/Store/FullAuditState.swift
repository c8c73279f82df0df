import BusKit
import Contracts
import Foundation
import Postgres

/// How far the nightly check has come, and which blocks were verified in nights before.
struct FullAuditState: Sendable {
  /// Of old blocks, in one night: about a minute of them. A year's blocks, one a second, come round in two months.
  private static let sliceBlocksMax: Int64 = 500_000
  private static let sliceLinesMax: Int64 = 20_000_000

  let run: UUID
  /// The lines that are summed page by page.
  let settled: SettledLines
  let lastBlock: Int64
  var summedLine: Int64
  /// How many of the lines there are.
  var lines: Int64
  var summedBlock: Int64
  /// How many lines the blocks up to `lastBlock` have.
  var blockLines: Int64
  /// The newest block up to which all have been found to hold, and its hash.
  var verifiedThrough: Int64
  var verifiedHash: String
  /// The next of the old blocks, and the last of those that were verified before this run.
  var sliceNext: Int64
  let sliceThrough: Int64
  /// What is left for tonight.
  var sliceBlocks: Int64
  var sliceLines: Int64
  var findings: [LedgerFinding]

  var hasSlice: Bool { sliceBlocks > 0 && sliceLines > 0 && sliceNext <= sliceThrough }

  mutating func add(_ faults: [LedgerFault]) {
    findings += faults.prefix(LedgerDifferenceFound.findingsMax).map { LedgerFinding($0) }
  }

  private static let select = """
    select run, opening, snapshot::text as snapshot, last_line, last_block, summed_line, lines, summed_block,
      block_lines, verified_through, verified_hash, slice_next, slice_through, slice_blocks, slice_lines, findings
    from ledger_full_audit where id = 'full'
    """

  /// nil before the first one.
  static func read(_ session: PostgresSession) throws -> FullAuditState? {
    try session.execute(select).rows.first.map { try FullAuditState($0) }
  }

  private init(_ row: PostgresRow) throws {
    run = try row.uuid("run")
    settled = SettledLines(
      opening: try row.int("opening"), snapshot: try SealHead.snapshot(try row.string("snapshot")),
      last: try row.int("last_line"))
    lastBlock = try row.int("last_block")
    summedLine = try row.int("summed_line")
    lines = try row.int("lines")
    summedBlock = try row.int("summed_block")
    blockLines = try row.int("block_lines")
    verifiedThrough = try row.int("verified_through")
    verifiedHash = try row.string("verified_hash")
    sliceNext = try row.int("slice_next")
    sliceThrough = try row.int("slice_through")
    sliceBlocks = try row.int("slice_blocks")
    sliceLines = try row.int("slice_lines")
    findings = try MessageCoder.decode([LedgerFinding].self, from: Array(try row.string("findings").utf8))
  }

  /// Begins a run at this moment.
  static func begin(_ run: UUID, _ session: PostgresSession) throws {
    let before = try read(session)
    let (through, hash) = (before?.verifiedThrough ?? 0, before?.verifiedHash ?? LedgerBlock.zeroHash)
    let settled = try SettledLines.now(session)
    let head = try SealHead.read(session)
    var findings: [LedgerFinding] = []
    if through > 0, try SealedBlock.read(from: through, count: 1, session).first?.block.hash != hash {
      findings.append(LedgerFinding(.block, detail: "block \(through): it is not the one that was verified before"))
    }
    // Nobody else reads it.
    try session.enqueue("truncate ledger_audit_sums")
    try session.enqueue("delete from ledger_full_audit")
    try session.enqueue(
      """
      insert into ledger_full_audit (id, run, opening, snapshot, last_line, last_block, verified_through, verified_hash,
        slice_next, slice_through, slice_blocks, slice_lines, findings)
      values ('full', $1, $2, $3::pg_snapshot, $4, $5, $6, $7, $8, $6, $9, $10, $11)
      """,
      [
        .uuid(run), .int(settled.opening), .text(settled.snapshot.text), .int(settled.last), .int(head.block),
        .int(through), .text(hash), .int(before?.sliceNext ?? 1), .int(sliceBlocksMax), .int(sliceLinesMax),
        .json(try json(findings)),
      ])
  }

  func save(_ session: PostgresSession) throws {
    try session.enqueue(
      """
      update ledger_full_audit set summed_line = $1, lines = $2, summed_block = $3, block_lines = $4,
        verified_through = $5, verified_hash = $6, slice_next = $7, slice_blocks = $8, slice_lines = $9, findings = $10
      where id = 'full'
      """,
      [
        .int(summedLine), .int(lines), .int(summedBlock), .int(blockLines), .int(verifiedThrough), .text(verifiedHash),
        .int(sliceNext), .int(sliceBlocks), .int(sliceLines), .json(try Self.json(findings)),
      ])
  }

  private static func json(_ findings: [LedgerFinding]) throws -> String {
    String(decoding: try MessageCoder.encode(findings), as: UTF8.self)
  }
}
