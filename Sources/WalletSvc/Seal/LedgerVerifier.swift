import BusKit
import Contracts
import Foundation
import Postgres

/// Walks the chain of blocks and makes each anew from the journal.
enum LedgerVerifier {
  private static let faultsMax = 100
  /// So many lines are hashed for one page, and the rest of a block.
  static let linesMax: Int64 = 200_000

  /// So many numbers of lines, or of blocks, are counted by one statement.
  private static let countedMax: Int64 = 10_000_000

  /// In a transaction that sees one moment.
  /// - Parameter countsLines: after the last page, whether the blocks have all lines of the journal.
  static func page(
    from first: Int64, count: Int, countsLines: Bool = true, _ session: PostgresSession
  ) throws -> LedgerVerification {
    let head = try SealHead.read(session)
    guard first == 1 || first <= head.block else {
      throw QueryFailure(code: "no_block", message: "there is no block \(first); the newest is \(head.block)")
    }
    var known = try SealedBlock.read(from: first - 1, count: count + 1, session)
    var previous = known.first?.block.number == first - 1 ? known.removeFirst() : nil
    var (blocks, faults): ([LedgerBlock], [LedgerFault]) = ([], [])
    var expected = first
    let page = bounded(known.prefix(count))
    let digests = try SealedBlock.digests(of: page, session)
    for sealed in page {
      if sealed.block.number != expected || (previous == nil && expected > 1) {
        faults.append(missing(expected, before: sealed.block.number))
      }
      faults += try sealed.faults(after: previous, digests[sealed.block.number], session)
      blocks.append(sealed.block)
      expected = sealed.block.number + 1
      previous = sealed
    }
    let isLast = blocks.count == known.count && known.count < count || expected > head.block
    if isLast {
      if expected <= head.block { faults.append(missing(expected, before: head.block + 1)) }
      if head.block != expected - 1 || (previous?.block.hash ?? head.hash) != head.hash, expected > head.block {
        faults.append(
          LedgerFault(.brokenLink, block: head.block, detail: "the head is not the newest block: \(head.block)"))
      }
    }
    let tail = try tail(head, isLast: isLast && countsLines, session)
    return LedgerVerification(
      blocks: blocks, faults: Array((faults + tail.faults).prefix(faultsMax)), next: isLast ? nil : expected,
      head: head.block, headHash: head.hash, unsealed: tail.count, unsealedSince: tail.since, trouble: head.trouble)
  }

  private static func missing(_ number: Int64, before next: Int64) -> LedgerFault {
    LedgerFault(.missingBlock, block: number, detail: "block \(number) is gone; the next one is \(next)")
  }

  private struct Tail {
    var count: Int64
    var since: Date?
    var faults: [LedgerFault] = []
  }

  /// Lines that are in no block. After the last page all lines are counted: one that is neither in a block nor able to
  /// get into one has been slipped in.
  private static func tail(_ head: SealHead, isLast: Bool, _ session: PostgresSession) throws -> Tail {
    let row = try session.execute("select count(*) as lines, min(created_at) as since from ledger_tail").rows.first
    var tail = Tail(count: try row?.int("lines") ?? 0, since: try row?.dateIfPresent("since"))
    guard isLast else { return tail }
    let unsealed = try journalLines(session) - sealedLines(after: 0, through: head.block, session)
    if head.isOpening || !head.trouble.isEmpty {
      tail.count = max(unsealed, 0)
      return tail
    }
    tail.faults = unsealable(unsealed, tail: tail.count).map { [$0] } ?? []
    return tail
  }

  /// What is wrong when so many lines are in no block, and so many of them will be; nil when nothing is.
  static func unsealable(_ unsealed: Int64, tail: Int64) -> LedgerFault? {
    guard unsealed != tail else { return nil }
    return LedgerFault(
      .unsealableLines, block: nil,
      detail: "\(unsealed) lines are in no block, and \(tail) of them will be: some were slipped in or taken out")
  }

  /// By ranges of numbers: no statement runs into a limit, however many there are.
  private static func journalLines(_ session: PostgresSession) throws -> Int64 {
    let last = try session.execute("select coalesce(max(number), 0) as last from journal").rows.first?.int("last") ?? 0
    return try total("select count(*) as total from journal where number > $1 and number <= $2", 0, last, session)
  }

  /// How many lines the blocks of a range say that they have. Uses ledger_blocks_lines.
  static func sealedLines(after first: Int64, through last: Int64, _ session: PostgresSession) throws -> Int64 {
    try total(
      """
      select coalesce(sum(lines), 0)::bigint as total from ledger_blocks where number > $1 and number <= $2
      """, first, last, session)
  }

  private static func total(
    _ sql: String, _ first: Int64, _ last: Int64, _ session: PostgresSession
  ) throws -> Int64 {
    var (total, after) = (Int64(0), first)
    while after < last {
      let through = min(last, after + countedMax)
      total += try session.execute(sql, [.int(after), .int(through)]).rows.first?.int("total") ?? 0
      after = through
    }
    return total
  }

  /// As many as have about `linesMax` lines, and one at least.
  private static func bounded(_ blocks: ArraySlice<SealedBlock>) -> [SealedBlock] {
    var lines: Int64 = 0
    return Array(
      blocks.prefix { sealed in
        defer { lines += sealed.block.lines }
        return lines < linesMax
      })
  }
}
