import Contracts
import Postgres

/// A block as its row has it.
struct SealedBlock: Sendable, Equatable {
  let block: LedgerBlock
  let lines: BlockLines
  /// Where its epoch begins to be sealed by transaction.
  let epochOpening: Int64
  let epochSnapshot: CommitSnapshot

  /// In rising order. Uses the primary key.
  static func read(from first: Int64, count: Int, _ session: PostgresSession) throws -> [SealedBlock] {
    try session.execute(
      """
      select b.number, b.epoch, encode(b.previous_hash, 'hex') as previous_hash, encode(b.hash, 'hex') as hash,
        encode(b.content, 'hex') as content, b.lines, b.first_line, b.last_line, b.base::text as base,
        b.snapshot::text as snapshot, b.after_line, b.through_line, b.sealed_at,
        e.opening_line, e.snapshot::text as epoch_snapshot, e.closed_line as epoch_closed_line,
        p.closed_cursor, p.opening_line as before_opening, p.closed_line, p.closed_snapshot::text as closed_snapshot
      from ledger_blocks b join ledger_epochs e on e.number = b.epoch
        left join ledger_epochs p on p.number = b.epoch - 1
      where b.number >= $1 order by b.number limit $2
      """, [.int(first), .int(count)]
    ).rows.map { try SealedBlock($0) }
  }

  private init(_ row: PostgresRow) throws {
    let after = try row.int("after_line")
    if let snapshot = try row.stringIfPresent("snapshot") {
      lines = .commits(
        base: try SealHead.snapshot(try row.string("base")), bound: try SealHead.snapshot(snapshot), above: after,
        through: try row.intIfPresent("epoch_closed_line") ?? .max)
    } else {
      lines = .opening(after: after, through: try row.int("through_line"), sealed: try SealHead.sealedBefore(row))
    }
    epochOpening = try row.int("opening_line")
    epochSnapshot = try SealHead.snapshot(try row.string("epoch_snapshot"))
    block = LedgerBlock(
      number: try row.int("number"), epoch: try row.int("epoch"), range: lines.text,
      previousHash: try row.string("previous_hash"), hash: try row.string("hash"), content: try row.string("content"),
      lines: try row.int("lines"), firstLine: try row.int("first_line"), lastLine: try row.int("last_line"),
      sealedAt: try row.date("sealed_at"))
  }

  /// What does not hold of it, given the block before (nil for the first).
  /// - Parameter digest: of its lines as they are now; nil where there are none.
  func faults(
    after previous: SealedBlock?, _ digest: BlockLines.Digest?, _ session: PostgresSession
  ) throws -> [LedgerFault] {
    var faults: [LedgerFault] = []
    if !block.isConsistent {
      faults.append(
        LedgerFault(.alteredBlock, block: block.number, detail: "the block's fields are not what its hash was made of"))
    }
    if block.previousHash != previous?.block.hash ?? LedgerBlock.zeroHash {
      faults.append(
        LedgerFault(
          .brokenLink, block: block.number,
          detail: "it follows a block with another hash than block \(block.number - 1)"))
    }
    if case .commits(let base, _, let above, _) = lines {
      if base != expectedBase(previous) || above != epochOpening {
        faults.append(
          LedgerFault(.brokenLink, block: block.number, detail: "it does not begin where the block before ended"))
      }
    }
    if digest?.content != block.content || digest?.lines != block.lines || digest?.first != block.firstLine
      || digest?.last != block.lastLine
    {
      faults += try lineFaults(session)
    }
    return faults
  }

  /// What the lines of each block are now, by the block's number; all blocks of commits by one statement.
  static func digests(
    of blocks: [SealedBlock], _ session: PostgresSession
  ) throws -> [Int64: BlockLines.Digest] {
    var digests = try BlockLines.digests(blocks.map { ($0.block.number, $0.lines) }, session)
    for block in blocks {
      guard case .opening = block.lines else { continue }
      digests[block.block.number] = try block.lines.digest(withMarks: false, session)
    }
    return digests
  }

  private func expectedBase(_ previous: SealedBlock?) -> CommitSnapshot {
    if let previous, previous.block.epoch == block.epoch, case .commits(_, let bound, _, _) = previous.lines {
      return bound
    }
    return epochSnapshot
  }

  private func lineFaults(_ session: PostgresSession) throws -> [LedgerFault] {
    let number = block.number
    let row = try session.execute("select marks from ledger_blocks where number = $1", [.int(number)]).rows.first
    let sealed = Self.marks(try row?.bytes("marks") ?? [])
    let found = Self.marks(try lines.digest(withMarks: true, session)?.marks ?? [])
    var faults = sealed.keys.sorted().compactMap { line -> LedgerFault? in
      guard let mark = found[line] else {
        return LedgerFault(.missingLine, block: number, line: line, detail: "line \(line) was sealed and is gone")
      }
      return mark == sealed[line]
        ? nil : LedgerFault(.alteredLine, block: number, line: line, detail: "line \(line) is not what was sealed")
    }
    faults += found.keys.sorted().filter { sealed[$0] == nil }.map {
      LedgerFault(.extraLine, block: number, line: $0, detail: "line \($0) was not there when the block was sealed")
    }
    if faults.isEmpty {
      faults.append(
        LedgerFault(
          .alteredBlock, block: number, detail: "the hash of its lines is another, or their number or bounds"))
    }
    return faults
  }

  /// Each line's number and the beginning of its hash.
  private static func marks(_ bytes: [UInt8]) -> [Int64: [UInt8]] {
    var marks: [Int64: [UInt8]] = [:]
    for start in stride(from: 0, to: bytes.count - 15, by: 16) {
      let number = bytes[start..<start + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      marks[Int64(bitPattern: number)] = Array(bytes[start + 8..<start + 16])
    }
    return marks
  }
}
