import Contracts
import Foundation
import Testing
import TronKit

@testable import TxSvc

@Suite("What counts as a deposit")
struct DepositRulesTests {
  private let rules = DepositRules()

  /// A log of a token as receipts have it.
  private func log(
    _ contract: TronAddress = USDT.mainnet, topic: [UInt8] = DepositRules.transferTopic, amount: [UInt8]
  ) throws -> EventLog {
    let from = try Samples.address(1)
    let to = try Samples.address(2)
    let pad = [UInt8](repeating: 0, count: 12)
    return EventLog(
      address: contract, topics: [topic, pad + from.bytes.dropFirst(), pad + to.bytes.dropFirst()], data: amount)
  }

  private func word(_ value: UInt64) -> [UInt8] {
    [UInt8](repeating: 0, count: 24) + (0..<8).map { UInt8(truncatingIfNeeded: value >> (56 - 8 * UInt64($0))) }
  }

  private func seen(
    _ logs: [EventLog], succeeded: Bool = true, internals: [InternalTransfer] = []
  ) throws -> [TransferSeen] {
    let id = try TransactionID(bytes: [UInt8](repeating: 7, count: 32))
    let receipt = TransactionInfo(
      id: id, blockNumber: 5, blockTimestamp: 1, succeeded: succeeded, logs: logs, internalTransfers: internals)
    let block = ChainBlock(
      id: try Samples.block(5), number: 5, timestamp: 1, parent: try Samples.block(4), transactions: [])
    return rules.transfers(in: block, receipts: [receipt])
  }

  @Test("a Transfer log of the token's contract is one, told by its place in the receipt")
  func token() throws {
    let other = try log(Samples.address(9), amount: word(5_000_000))
    let transfers = try seen([other, try log(amount: word(5_000_000))])
    #expect(transfers.map(\.place) == [1])
    #expect(transfers.first?.amount == 5_000_000)
    #expect(transfers.first?.to == (try Samples.address(2)))
    #expect(transfers.first?.id.hasSuffix("/1") == true)
  }

  @Test("an Approval, another contract's log, one of another shape and a failed call are none")
  func strange() throws {
    #expect(try seen([try log(topic: word(1), amount: word(9_000_000))]).isEmpty)
    #expect(try seen([try log(Samples.address(9), amount: word(9_000_000))]).isEmpty)
    #expect(try seen([try log(amount: [1])]).isEmpty)
    let whole = try log(amount: word(9_000_000))
    let short = EventLog(address: whole.address, topics: Array(whole.topics.prefix(2)), data: whole.data)
    #expect(try seen([short]).isEmpty)
    #expect(try seen([whole], succeeded: false).isEmpty)
  }

  @Test("an amount that does not fit is held, whatever the rest of the word")
  func large() throws {
    var word = word(5)
    word[0] = 1
    let transfer = try #require(try seen([try log(amount: word)]).first)
    #expect(transfer.amount == nil)
    #expect(rules.verdict(transfer, isFromUs: false) == .held(.tooLarge))
    let negative = try #require(try seen([try log(amount: self.word(UInt64.max))]).first)
    #expect(rules.verdict(negative, isFromUs: false) == .held(.tooLarge))
  }

  @Test("TRX that a contract sends on is held, unless it was undone")
  func internals() throws {
    let (from, to) = (try Samples.address(1), try Samples.address(2))
    let moved = InternalTransfer(from: from, to: to, amount: Sun(3_000_000), isRejected: false)
    let undone = InternalTransfer(from: from, to: to, amount: Sun(3_000_000), isRejected: true)
    let transfers = try seen([], internals: [undone, moved])
    #expect(transfers.map(\.place) == [1])
    #expect(transfers.map { rules.verdict($0, isFromUs: false) } == [.held(.sentByContract)])
  }

  @Test(
    "zero and dust are passed over, an address of ours pays no deposit",
    arguments: [
      (TransferSeen.Kind.coin, 0, false, DepositRules.Verdict.zero), (.token, 0, false, .zero),
      (.coin, 999_999, false, .dust), (.token, 999_999, false, .dust), (.coin, 999_999, true, .own),
      (.coin, 0, true, .zero), (.token, 1, true, .own),
      (.coin, 1_000_000, false, .deposit), (.token, 1_000_000, false, .deposit), (.coin, 1_000_000, true, .own),
      (.token, 1_000_000, true, .own), (.byContract, 1_000_000, false, .held(.sentByContract)),
      (.byContract, 1, false, .dust), (.byContract, 1_000_000, true, .own),
    ])
  func verdicts(kind: TransferSeen.Kind, amount: Int64, isOwn: Bool, verdict: DepositRules.Verdict) throws {
    let transfer = TransferSeen(
      kind: kind, txID: try TransactionID(bytes: [UInt8](repeating: 7, count: 32)), place: 0,
      from: try Samples.address(1), to: try Samples.address(2), amount: amount)
    #expect(rules.verdict(transfer, isFromUs: isOwn) == verdict)
  }

  @Test("a transfer is read whatever its encoding, as long as the chain has taken it")
  func encodings() throws {
    let (from, to) = (try Samples.address(1), try Samples.address(2))
    let raw = RawTransaction(
      referencing: try Samples.block(3), expiration: 1, timestamp: 2,
      contract: .transfer(owner: from, to: to, amount: Sun(5_000_000)))
    // Field 3 of the transfer's value first, and a field that nobody knows.
    let value: [UInt8] =
      [0x18] + [0xc0, 0x96, 0xb1, 0x02] + [0x12, 21] + to.bytes + [0x0a, 21] + from.bytes + [0x78, 1]
    var odd = raw
    odd.contract = .unknown(type: 1, typeURL: raw.contract.typeURL, value: value)
    for raw in [raw, odd] {
      let transaction = ChainTransaction(id: raw.id, contractRet: "SUCCESS", rawBytes: raw.encoded())
      #expect(try transaction.transfer() == ChainTransfer(from: from, to: to, amount: Sun(5_000_000)))
    }
    let failed = ChainTransaction(id: raw.id, contractRet: "OUT_OF_ENERGY", rawBytes: raw.encoded())
    let block = ChainBlock(
      id: try Samples.block(5), number: 5, timestamp: 1, parent: try Samples.block(4), transactions: [failed])
    #expect(rules.transfers(in: block, receipts: []).isEmpty)
  }
}
