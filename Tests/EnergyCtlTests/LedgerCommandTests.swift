import ArgumentParser
import BusKit
import Contracts
import Foundation
import Testing

@testable import EnergyCtl

@Suite("energyctl ledger")
struct LedgerCommandTests {
  private func block(_ number: Int64, after previous: String, lines: Int64 = 1) -> LedgerBlock {
    LedgerBlock(
      number: number, epoch: 1, range: "opening 0 1", previousHash: previous, content: LedgerBlock.zeroHash,
      lines: lines, firstLine: number, lastLine: number, sealedAt: Date(timeIntervalSince1970: 1))
  }

  private func page(_ blocks: [LedgerBlock], faults: [LedgerFault] = []) -> LedgerVerification {
    LedgerVerification(
      blocks: blocks, faults: faults, next: nil, head: blocks.last?.number ?? 0,
      headHash: blocks.last?.hash ?? LedgerBlock.zeroHash, unsealed: 2,
      unsealedSince: Date(timeIntervalSince1970: 5), trouble: "")
  }

  @Test("a chain that holds says so, with its head to note and what is not sealed yet")
  func holds() throws {
    let first = block(1, after: LedgerBlock.zeroHash)
    let second = block(2, after: first.hash)
    var chain = ChainCheck(from: 1, expected: [try .init("1:\(first.hash.uppercased())")])
    chain.add(page([first, second]))
    chain.end()
    #expect(chain.faults == [])
    #expect(chain.text.contains("head: 2:\(second.hash)\n"))
    #expect(chain.text.contains("unsealed: 2 lines, the oldest of 1970-01-01T00:00:05"))
    #expect(chain.text.hasSuffix("the chain holds"))
  }

  @Test("links and hashes are computed here, whatever the service says of them")
  func links() throws {
    let first = block(1, after: LedgerBlock.zeroHash)
    func faults(_ blocks: [LedgerBlock], expect: [String] = []) throws -> [String] {
      var chain = ChainCheck(from: 1, expected: try expect.map { try .init($0) })
      chain.add(page(blocks))
      chain.end()
      return chain.faults.map { String($0.prefix { $0 != ":" }) }
    }
    #expect(try faults([first, block(2, after: LedgerBlock.zeroHash)]) == ["broken_link"])
    #expect(try faults([first, block(3, after: first.hash)]) == ["missing_block"])
    let altered = LedgerBlock(
      number: 1, epoch: 1, range: "opening 0 1", previousHash: LedgerBlock.zeroHash, hash: first.hash,
      content: LedgerBlock.zeroHash, lines: 2, firstLine: 1, lastLine: 1, sealedAt: first.sealedAt)
    #expect(try faults([altered]) == ["altered_block"])
    #expect(try faults([first], expect: ["1:\(LedgerBlock.zeroHash)"]) == ["rewritten"])
    #expect(try faults([first], expect: ["7:\(first.hash)"]) == ["missing_block"])
  }

  @Test("what is no noted block is refused", arguments: ["", "1", "0:\(LedgerBlock.zeroHash)", "1:abc", "x:y", "1:2:3"])
  func expectations(_ text: String) { #expect(throws: ValidationError.self) { try ChainCheck.Expectation(text) } }

  @Test("accounts are named as people write them")
  func accounts() throws {
    #expect(try AccountArgument.name("cus_a") == "customer:cus_a")
    #expect(try AccountArgument.name("held:cus_a") == "held:cus_a")
    #expect(try AccountArgument.name("custody:pool") == "custody:pool")
    #expect(try AccountArgument.subject("held:cus_a") == "cus_a" && AccountArgument.subject("cus_a") == "cus_a")
    #expect(try AccountArgument.subject("all") == "*" && AccountArgument.subject("revenue") == "*")
    for text in ["", "cus_", "held:", "customer:ord_1", "a b", "revenue\n", "customer:cus_a'"] {
      #expect(throws: ValidationError.self) { try AccountArgument.name(text) }
    }
  }

  @Test("a statement runs from its opening to its closing balance over all pages")
  func statement() throws {
    var statement = Statement(account: "customer:cus_a", currency: .trx, isCSV: false)
    let first = try statement.add(.init(opening: 1_000_000, lines: [line(1, 500_000)], hasMore: true))
    let second = try statement.add(.init(opening: nil, lines: [line(2, -1_250_000)], hasMore: false))
    #expect(first.first == "customer:cus_a, opening balance 1 TRX")
    #expect(second.first?.contains("-1.25  = 0.25") == true, "\(second)")
    #expect(statement.closing == "closing balance 0.25 TRX")
  }

  @Test("CSV is quoted by RFC 4180, and what looks like a formula stays text")
  func csv() throws {
    var statement = Statement(account: "customer:cus_a", currency: .usdt, isCSV: true)
    let lines = try statement.add(
      .init(
        opening: 0, lines: [line(1, -5, reason: "=HYPERLINK(\"http://x\"),\nok"), line(2, 5, reason: "@sum")],
        hasMore: false))
    #expect(lines[0] == "time,kind,id,counter_account,amount,balance,currency,order,actor,reason")
    #expect(lines[1] == ",opening_balance,,,,0,USDT,,,")
    let row = "1970-01-01T00:00:01.000Z,credit,credit:k,adjustments,-0.000005,-0.000005,USDT,,ann,"
    #expect(lines[2] == row + "\"'=HYPERLINK(\"\"http://x\"\"),\nok\"")
    #expect(lines[3].hasSuffix(",0,USDT,,ann,'@sum"))
    #expect(lines[4] == ",closing_balance,,,,0,USDT,,,")
  }

  @Test("a statement asks for one currency and a time that begins before it ends")
  func arguments() throws {
    func query(_ arguments: String...) throws -> GetLedgerStatement {
      try LedgerStatementCommand.parse(arguments).query(now: Date(timeIntervalSince1970: 100_000))
    }
    #expect(try query("cus_a", "--currency", "usdt").currency == .usdt)
    #expect(try query("cus_a", "--from", "1h").from == Date(timeIntervalSince1970: 96_400))
    for wrong in [["--currency", "EUR"], ["--from", "1h", "--to", "2h"], ["--from", "yesterday"]] {
      #expect(throws: ValidationError.self) {
        try LedgerStatementCommand.parse(["cus_a"] + wrong).query(now: Date(timeIntervalSince1970: 100_000))
      }
    }
  }

  @Test("what changes something asks why", arguments: [
    ["ledger", "clear", "cus_a"], ["ledger", "rebuild", "cus_a"], ["ledger", "new-epoch"],
  ])
  func reasons(arguments: [String]) throws {
    #expect(throws: (any Error).self) { try EnergyCtl.parseAsRoot(arguments) }
    _ = try EnergyCtl.parseAsRoot(arguments + ["--reason", "test"])
  }

  @Test("checks show what differs, whom it concerns and what waits")
  func checks() {
    let finding = LedgerFinding(.balance, account: "customer:cus_a", currency: .trx, expected: "5", found: "6")
    let report = LedgerChecksReport(
      checks: LedgerChecks(
        checks: [.init(name: "recent", differences: 1, checkedAt: Date(timeIntervalSince1970: 1))],
        open: [.init(subject: "*", foundAt: Date(timeIntervalSince1970: 1), findings: [finding])], waitingCaptures: 2,
        waitingSince: Date(timeIntervalSince1970: 2)))
    #expect(report.text.contains("everybody (clear it as 'all')\n  customer:cus_a (TRX) is off by 1\n"))
    #expect(report.text.hasSuffix("2 captures wait, the oldest since 1970-01-01T00:00:02.000Z"))
  }

  private func line(_ number: Int64, _ amount: Int64, reason: String = "r") -> LedgerStatementLine {
    LedgerStatementLine(
      number: number, at: Date(timeIntervalSince1970: Double(number)), kind: "credit", id: "credit:k",
      counterAccount: "adjustments", amount: amount, order: nil, actor: "ann", reason: reason)
  }
}
