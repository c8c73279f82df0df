import Crypto
import Foundation
import TronKit

/// A block of journal lines that were committed together, as it was sealed. Its hash covers all of its fields and the
/// hash of the block before, so that nothing before a block can change without changing it.
public struct LedgerBlock: Codable, Sendable, Equatable {
  /// The first block is 1.
  public let number: Int64
  /// Grows when the database is moved to another cluster, where transaction ids mean something else.
  public let epoch: Int64
  /// Which lines it holds: `opening AFTER THROUGH` (by number) or `commits BASE SNAPSHOT above LINE` (those that were
  /// visible in one snapshot of the database and not in the one before).
  public let range: String
  public let previousHash: String
  public let hash: String
  /// SHA-256 over the hashes of its lines, in hex.
  public let content: String
  public let lines: Int64
  /// The lowest and the highest number of its lines in the journal.
  public let firstLine: Int64
  public let lastLine: Int64
  /// To the millisecond.
  public let sealedAt: Date

  public init(
    number: Int64, epoch: Int64, range: String, previousHash: String, hash: String? = nil, content: String,
    lines: Int64, firstLine: Int64, lastLine: Int64, sealedAt: Date
  ) {
    self.number = number
    self.epoch = epoch
    self.range = range
    self.previousHash = previousHash
    self.content = content
    self.lines = lines
    self.firstLine = firstLine
    self.lastLine = lastLine
    self.sealedAt = sealedAt
    self.hash =
      hash
      ?? Self.hash(
        number: number, epoch: epoch, range: range, previousHash: previousHash, content: content, lines: lines,
        firstLine: firstLine, lastLine: lastLine, sealedAt: sealedAt)
  }

  /// The hash before the first block's.
  public static let zeroHash = String(repeating: "0", count: 64)

  /// Whether its hash is that of its fields.
  public var isConsistent: Bool {
    hash
      == Self.hash(
        number: number, epoch: epoch, range: range, previousHash: previousHash, content: content, lines: lines,
        firstLine: firstLine, lastLine: lastLine, sealedAt: sealedAt)
  }

  /// SHA-256, in hex, of the fields as text, a line each. None of them can hold a line's end.
  private static func hash(
    number: Int64, epoch: Int64, range: String, previousHash: String, content: String, lines: Int64, firstLine: Int64,
    lastLine: Int64, sealedAt: Date
  ) -> String {
    let milliseconds = Int64((sealedAt.timeIntervalSince1970 * 1000).rounded())
    let text = [
      "ledger-block-1", "\(number)", "\(epoch)", range, previousHash, content, "\(lines)", "\(firstLine)",
      "\(lastLine)", "\(milliseconds)",
    ].joined(separator: "\n")
    return Hex.encode(SHA256.hash(data: Data(text.utf8)))
  }
}

/// Where the sealed chain does not hold.
public struct LedgerFault: Codable, Sendable, Equatable {
  public enum Kind: String, Codable, Sendable, CaseIterable {
    /// A line of the block is not what was sealed.
    case alteredLine = "altered_line"
    /// A line that was sealed is gone.
    case missingLine = "missing_line"
    /// A line that was not sealed stands where only sealed ones can.
    case extraLine = "extra_line"
    /// The block's own fields are not what was hashed.
    case alteredBlock = "altered_block"
    /// The block does not follow from the one before.
    case brokenLink = "broken_link"
    /// A block is gone.
    case missingBlock = "missing_block"
    /// Lines that are in no block and can come into none.
    case unsealableLines = "unsealable_lines"
  }
  public let kind: Kind
  /// nil: of no block.
  public let block: Int64?
  /// The line's number in the journal.
  public let line: Int64?
  public let detail: String
  public init(_ kind: Kind, block: Int64?, line: Int64? = nil, detail: String) {
    self.kind = kind
    self.block = block
    self.line = line
    self.detail = detail
  }
}
