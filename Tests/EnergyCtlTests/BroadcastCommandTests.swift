import ArgumentParser
import BusKit
import Foundation
import Testing
import TronKit

@testable import EnergyCtl

@Suite("energyctl tron broadcast")
struct BroadcastCommandTests {
  private static func signed(_ timestamp: Int64) throws -> SignedTransaction {
    let key = try PrivateKey.generate()
    return try RawTransaction(
      refBlockBytes: [0, 1], refBlockHash: [UInt8](repeating: 2, count: 8), expiration: 9, timestamp: timestamp,
      contract: .transfer(owner: key.address, to: USDT.mainnet, amount: Sun(5))
    ).signed(with: key)
  }

  @Test("reads hex and JSON, line by line, from all files")
  func lines() throws {
    let transactions = try (1...3).map { try Self.signed($0) }
    let hex = transactions.map { Hex.encode($0.encoded()) }
    let lines = try BroadcastCommand.lines(of: [
      ("a", "\(hex[0])\n\n  {\"to\":\"T\",\"signed\":\"\(hex[1])\"}\r\n"), ("-", hex[2]),
    ])
    #expect(lines.map(\.hex) == hex)
    #expect(lines.map(\.txid) == transactions.map(\.id))
  }

  @Test(
    "a line that is no signed transaction stops everything before anything is sent",
    arguments: ["zz", "{}", #"{"signed":7}"#, #"{"signed":"0a"}"#, "{", ""])
  func mistakes(line: String) throws {
    let good = Hex.encode(try Self.signed(1).encoded())
    #expect(throws: ValidationError.self) {
      try BroadcastCommand.lines(of: line.isEmpty ? [] : [("a", "\(good)\n\(line)\n")])
    }
  }

  @Test("more than a run may send is refused")
  func many() throws {
    let good = Hex.encode(try Self.signed(1).encoded())
    let text = Array(repeating: good, count: BroadcastCommand.linesMax + 1).joined(separator: "\n")
    #expect(throws: ValidationError.self) { try BroadcastCommand.lines(of: [("a", text)]) }
  }

  @Test("each transaction has a key of its own, the same in a repeated run")
  func keys() throws {
    let signed = try Self.signed(1)
    let line = BroadcastCommand.Line(hex: Hex.encode(signed.encoded()), txid: signed.id)
    let run = OperatorAction(actor: "ann", reason: "sweep", key: "run-1")
    #expect(
      try BroadcastCommand.action(line, of: run)
        == OperatorAction(actor: "ann", reason: "sweep", key: "run-1/\(signed.id.hex)"))
    let long = OperatorAction(actor: "ann", reason: "sweep", key: String(repeating: "k", count: 136))
    #expect(throws: ValidationError.self) { try BroadcastCommand.action(line, of: long) }
  }
}
