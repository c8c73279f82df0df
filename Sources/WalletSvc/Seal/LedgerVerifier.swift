import Contracts
import Foundation
import Postgres

/// Walks the chain of blocks and makes each anew from the journal.
enum LedgerVerifier {
  private static let faultsMax = 100
  /// So many lines are hashed for one page, and the rest of a block.
  static let linesMax: Int64 = 200_000

  /// In a transaction that sees one moment.
  static func page(from first: Int64, count: Int, _ session: PostgresSession) throws -> LedgerVerification {
    let head = try SealHead.read(session)
    var known = try SealedBlock.read(from: first - 1, count: count + 1, session)
    var previous = known.first?.block.number == first - 1 ? known.removeFirst() : nil
    var (blocks, faults): ([LedgerBlock], [LedgerFault]) = ([], [])
    var (expected, lines) = (first, Int64(0))
    for sealed in known.prefix(count) {
      if lines >= linesMax { break }
      if sealed.block.number != expected || (previous == nil && expected > 1) {
        faults.append(missing(expected, before: sealed.block.number))
      }
      faults += try sealed.faults(after: previous, session)
      blocks.append(sealed.block)
      lines += sealed.block.lines
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
    let tail = try tail(head, isLast: isLast, session)
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
    let counts = try session.execute(
      """
      select (select count(*) from journal) - (select coalesce(sum(lines), 0) from ledger_blocks)::bigint as unsealed
      """
    ).rows.first
    let unsealed = try counts?.int("unsealed") ?? 0
    if head.isOpening || !head.trouble.isEmpty {
      tail.count = max(unsealed, 0)
      return tail
    }
    if unsealed != tail.count {
      tail.faults.append(
        LedgerFault(
          .unsealableLines, block: nil,
          detail: "\(unsealed) lines are in no block, of which \(tail.count) will be: lines were slipped in or taken out"))
    }
    return tail
  }
}
