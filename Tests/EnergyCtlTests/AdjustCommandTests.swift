import ArgumentParser
import BusKit
import Contracts
import Foundation
import Testing

@testable import EnergyCtl

@Suite("energyctl ledger, by hand")
struct AdjustCommandTests {
  @Test("every command that changes something asks why", arguments: [
    ["adjust", "credit", "cus_1", "--trx", "1"], ["adjust", "debit", "cus_1", "--usdt", "1"],
    ["adjust", "refund", "cus_1", "--trx", "1", "--order", "ord_1"],
    ["transfer", "adjustments", "custody:pool", "--trx", "1"], ["adjustments", "approve", "k"],
    ["adjustments", "reject", "k"], ["custody", "compare"],
  ])
  func reasons(arguments: [String]) throws {
    #expect(throws: (any Error).self) { try EnergyCtl.parseAsRoot(["ledger"] + arguments) }
    _ = try EnergyCtl.parseAsRoot(["ledger"] + arguments + ["--reason", "test"])
  }

  @Test("an amount is positive and in one currency", arguments: [
    [], ["--trx", "1", "--usdt", "1"], ["--trx", "0"], ["--usdt", "-1"], ["--trx", "1e3"], ["--trx", "0.0000001"],
  ])
  func amounts(arguments: [String]) {
    #expect(throws: (any Error).self) { try AmountOptions.parse(arguments).money() }
  }

  @Test("an amount is read in its currency")
  func amount() throws {
    #expect(try AmountOptions.parse(["--usdt", "12.5"]).money() == Money(12_500_000, .usdt))
    #expect(try AmountOptions.parse(["--trx", "3"]).money() == Money(3_000_000, .trx))
  }

  @Test("a refund names its order by the whole id")
  func order() throws {
    let arguments = ["ledger", "adjust", "refund", "cus_1", "--trx", "1", "--reason", "r", "--order"]
    let short = try #require(try EnergyCtl.parseAsRoot(arguments + ["ord_1"]) as? AdjustCommand.Refund)
    #expect(throws: ValidationError.self) { try short.orderID() }
    let id = "ord_0123456789abcdef0123456789abcdef"
    let whole = try #require(try EnergyCtl.parseAsRoot(arguments + [id]) as? AdjustCommand.Refund)
    #expect(try whole.orderID() == OrderID(text: id))
  }

  @Test("who has to agree sees what, for whom and why")
  func text() {
    let view = AdjustmentView(
      id: "k", request: AdjustmentRequest(.credit, Money(2_500_000, .usdt), customer: CustomerID(text: "cus_1")),
      state: .waiting, detail: "", asked: OperatorAction(actor: "ann", reason: "lost deposit", key: "k"),
      decision: nil, createdAt: .distantPast, expiresAt: .distantPast)
    #expect(AdjustmentsCommand.text(view) == "credit of 2.5 USDT to cus_1, asked for by ann: lost deposit")
  }

  @Test("custody is shown in whole coins, a line for each account and currency")
  func custody() {
    let account = CustodyView.Account(
      account: "custody:deposits", currency: .trx, state: .differs, ledger: 12_500_000, chain: 12_000_001, dust: 1,
      difference: -500_000, addresses: 3, blockNumber: 7, comparedAt: Date(timeIntervalSince1970: 0), detail: "")
    let lines = CustodyReport(view: CustodyView(accounts: [account])).text.split(separator: "\n")
    #expect(lines.count == 2)
    let words = lines.last?.split(whereSeparator: \.isWhitespace).map(String.init)
    #expect(
      words == [
        "custody:deposits", "TRX", "differs", "12.5", "12.000001", "0.000001", "-0.5", "3", "1970-01-01T00:00:00Z",
      ])
    #expect(CustodyReport(view: CustodyView(accounts: [])).text.contains("custody compare"))
  }
}
