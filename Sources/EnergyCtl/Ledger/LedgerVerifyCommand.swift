import ArgumentParser
import BusKit
import Contracts
import Foundation

struct LedgerVerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify", abstract: "Make every sealed block anew from the journal, and check the chain.",
    discussion: """
      Ends with 1 where it breaks, and says where; also when nothing is sealed any more. Note the head that it prints \
      somewhere else: with --expect NUMBER:HASH it later proves that nothing up to that block was rewritten.
      """)
  @Option(help: "The first block.") var from: Int64 = 1
  @Option(help: "A block noted before, as NUMBER:HASH. May be given more than once.") var expect: [String] = []
  @OptionGroup var bus: BusOptions

  func run() async throws {
    guard from >= 1 else { throw ValidationError("--from is \(from): blocks begin with 1") }
    var chain = ChainCheck(from: from, expected: try expect.map { try ChainCheck.Expectation($0) })
    if let early = chain.expected.first(where: { $0.number < from }) {
      throw ValidationError("--expect names block \(early.number), before --from \(from): begin with it or earlier")
    }
    var next: Int64? = from
    while let first = next {
      let page = try await bus.ask(VerifyLedger(from: first, count: VerifyLedger.countMax), within: .seconds(60))
      chain.add(page)
      guard page.next.map({ $0 > first }) ?? true else {
        throw ValidationError("wallet-svc does not come further than block \(first); see its log")
      }
      next = page.next
    }
    chain.end()
    print(chain.text)
    if !chain.holds { throw ExitCode.failure }
  }
}

/// The chain as its pages come: links and hashes are computed here, whatever the service says of them.
struct ChainCheck: Sendable {
  struct Expectation: Sendable, Equatable {
    let number: Int64
    let hash: String

    init(_ text: String) throws {
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      guard parts.count == 2, let number = Int64(parts[0]), number >= 1,
        parts[1].wholeMatch(of: /[0-9a-fA-F]{64}/) != nil
      else {
        throw ValidationError(
          "--expect is '\(Words.safe(text))': give NUMBER:HASH as `ledger verify` printed it, such as "
            + "12:\(String(repeating: "0", count: 61))abc")
      }
      self.number = number
      hash = parts[1].lowercased()
    }
  }

  let from: Int64
  let expected: [Expectation]
  private(set) var faults: [String] = []
  private var previous: LedgerBlock?
  private var blocks = 0
  private var lines: Int64 = 0
  private var met: Set<Int64> = []
  private var last: LedgerVerification?

  init(from: Int64, expected: [Expectation]) {
    self.from = from
    self.expected = expected
  }

  mutating func add(_ page: LedgerVerification) {
    faults += page.faults.map { fault in
      "\(fault.kind.rawValue): \(fault.block.map { "block \($0): " } ?? "")\(Words.safe(fault.detail))"
    }
    for block in page.blocks {
      check(block)
      previous = block
      blocks += 1
      lines += block.lines
    }
    last = page
  }

  private mutating func check(_ block: LedgerBlock) {
    let place = "block \(block.number)"
    if !block.isConsistent { note("altered_block: \(place): its hash is not that of its fields") }
    if block.number != previous.map({ $0.number + 1 }) ?? from { note("missing_block: before \(place)") }
    let before = previous?.hash ?? (block.number == 1 ? LedgerBlock.zeroHash : block.previousHash)
    if block.previousHash != before { note("broken_link: \(place) does not follow block \(block.number - 1)") }
    for expectation in expected where expectation.number == block.number {
      met.insert(block.number)
      if block.hash != expectation.hash {
        note("rewritten: \(place) has the hash \(block.hash), not \(expectation.hash)")
      }
    }
  }

  /// The service may have said the same.
  private mutating func note(_ fault: String) {
    if !faults.contains(fault) { faults.append(fault) }
  }

  mutating func end() {
    for expectation in expected where !met.contains(expectation.number) {
      note("missing_block: there is no block \(expectation.number), which was noted with the hash \(expectation.hash)")
    }
    if let last, last.head > 0, last.next == nil, let previous,
      previous.number == last.head && previous.hash != last.headHash
    {
      note("broken_link: the head is not block \(previous.number)")
    }
  }

  /// Nothing is broken, and sealing goes on.
  var holds: Bool { faults.isEmpty && last?.trouble.isEmpty == true }

  var text: String {
    guard let last else { return "nothing was asked" }
    var text = ["\(blocks) blocks with \(lines) lines, from block \(from)"]
    text.append(last.head == 0 ? "head: none yet" : "head: \(last.head):\(last.headHash)")
    let since = last.unsealedSince.map { ", the oldest of \(MessageCoder.timestamp($0))" } ?? ""
    text.append("unsealed: \(last.unsealed) lines\(since)")
    if !last.trouble.isEmpty { text.append("NOT SEALED: \(Words.safe(last.trouble))") }
    text += faults.map { "BROKEN \($0)" }
    text.append(faults.isEmpty ? "the chain holds" : "THE CHAIN IS BROKEN in \(faults.count) places")
    return text.joined(separator: "\n")
  }
}
