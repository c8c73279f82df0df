import ArgumentParser
import Contracts
import Foundation
import Testing
import TronKit

@testable import EnergyCtl

@Suite("energyctl keys and delegation")
struct KeysCommandTests {
  private func master(_ id: String, primary: Bool = false, wallets: Int = 0) -> KeysView.Master {
    KeysView.Master(
      keyID: id, isPrimary: primary, isHeld: true, wallets: wallets, isRetirable: !primary && wallets == 0)
  }

  private func replica(_ process: String, _ masters: [String], problem: String? = nil) -> KeysView.Replica {
    KeysView.Replica(
      process: process, masterKeys: masters, sealingKeys: ["s"], problem: problem,
      seenAt: Date(timeIntervalSince1970: 0))
  }

  @Test("says in one line that all is well, and which line may go")
  func well() {
    let view = KeysView(
      masters: [master("a", primary: true, wallets: 3), master("b")], replicas: [replica("p", ["a", "b"])],
      warnings: [:])
    #expect(view.mistakes == [])
    let lines = KeysCommand.Check.lines(view)
    #expect(lines.first == "well: 1 replicas, 2 master keys")
    #expect(lines.last?.hasPrefix("note: master key b") == true)
  }

  @Test("names each thing that should be done")
  func mistakes() {
    let view = KeysView(
      masters: [master("a", primary: true), master("b", wallets: 2)],
      replicas: [replica("p", ["a", "b"], problem: "line 1"), replica("q", ["c"])],
      warnings: ["T1": "permission 0 allows everything"])
    let lines = KeysCommand.Check.lines(view)
    #expect(lines.count { $0.hasPrefix("mistake: ") } == 4)
    #expect(lines.contains { $0.contains("p does not use its key files: line 1") })
    #expect(lines.contains { $0.contains("different master keys") })
    #expect(lines.contains { $0.contains("q cannot open 2 supplier keys under master key b") })
    #expect(lines.contains { $0.contains("rotate") })
    #expect(lines.last == "warning: the key of T1: permission 0 allows everything")
  }

  @Test("rotates to the key that all replicas encrypt with, and asks when they differ")
  func primary() throws {
    let agreed = KeysView(
      masters: [master("a", primary: true)], replicas: [replica("p", ["a", "b"]), replica("q", ["a"])], warnings: [:])
    #expect(try KeysCommand.Rotate.primary(agreed) == "a")
    let split = KeysView(
      masters: [master("a", primary: true)], replicas: [replica("p", ["a"]), replica("q", ["b"])], warnings: [:])
    #expect(throws: ValidationError.self) { try KeysCommand.Rotate.primary(split) }
    #expect(throws: ValidationError.self) { try KeysCommand.Rotate.check("master") }
    #expect(try KeysCommand.Rotate.check("0123456789abcdef") == "0123456789abcdef")
  }

  private let order = "ord_0123456789abcdef0123456789abcdef"

  @Test("settles a leg with what was said, and refuses what no leg can be")
  func settle() throws {
    let words = ["delegation", "settle", order, "--leg", "2", "--as", "delivered", "--reason", "r", "--key", "k"]
    let parsed = try #require(try EnergyCtl.parseAsRoot(words) as? DelegationCommand.Settle)
    let command = try parsed.command(try parsed.action.action())
    #expect(command.order.text == order)
    #expect(command.leg == 2)
    #expect(command.verdict == .delivered)
    #expect(command.transaction == nil)
    for wrong in [("--as", "lost"), ("--leg", "0"), ("--transaction", "xyz")] {
      var other = words
      if let place = other.firstIndex(of: wrong.0) { other[place + 1] = wrong.1 } else { other += [wrong.0, wrong.1] }
      let parsed = try #require(try EnergyCtl.parseAsRoot(other) as? DelegationCommand.Settle)
      #expect(throws: (any Error).self) { try parsed.command(try parsed.action.action()) }
    }
  }

  @Test("has a stray taken back by its transaction id, and refuses what is none")
  func reclaimStray() throws {
    let id = String(repeating: "ab", count: 32)
    for (text, isID) in [(id, true), ("ord_1", false)] {
      let words = ["delegation", "reclaim-stray", text, "--reason", "r", "--key", "k"]
      let parsed = try #require(try EnergyCtl.parseAsRoot(words) as? ReclaimStrayCommand)
      let action = try parsed.action.action()
      if isID {
        #expect(try parsed.command(action).txID.hex == id)
      } else {
        #expect(throws: ValidationError.self) { try parsed.command(action) }
      }
    }
  }

  @Test("every command that changes something asks why", arguments: [
    ["keys", "rotate"], ["delegation", "retry", "ord_0123456789abcdef0123456789abcdef"],
    ["delegation", "settle", "ord_0123456789abcdef0123456789abcdef", "--leg", "1", "--as", "delivered"],
    ["delegation", "reclaim-stray", "abababababababababababababababababababababababababababababababab"],
  ])
  func reasons(arguments: [String]) throws {
    #expect(throws: (any Error).self) { try EnergyCtl.parseAsRoot(arguments) }
    _ = try EnergyCtl.parseAsRoot(arguments + ["--reason", "test"])
  }
}
