import Contracts
import Foundation
import Testing
import TronKit

@testable import TxSvc

@Suite("What a block shows of our own addresses")
struct BlockMovesTests {
  private let rules = DepositRules()

  private func transaction(_ contract: Contract, _ result: String = "SUCCESS") throws -> ChainTransaction {
    let raw = RawTransaction(referencing: try Samples.block(3), expiration: 1, timestamp: 2, contract: contract)
    return ChainTransaction(id: raw.id, contractRet: result, rawBytes: raw.encoded())
  }

  private func moves(
    _ transaction: ChainTransaction, fee: Int64 = 7, succeeded: Bool = true, logs: [EventLog] = []
  ) throws -> BlockMoves {
    let block = ChainBlock(
      id: try Samples.block(5), number: 5, timestamp: 1, parent: try Samples.block(4), transactions: [transaction])
    let receipt = TransactionInfo(
      id: transaction.id, blockNumber: 5, blockTimestamp: 1, fee: Sun(fee), succeeded: succeeded, logs: logs)
    return rules.moves(in: block, receipts: [receipt])
  }

  private func log(_ contract: TronAddress, _ topic: [UInt8]) throws -> EventLog {
    let pad = [UInt8](repeating: 0, count: 12)
    let (from, to) = (try Samples.address(1), try Samples.address(2))
    return EventLog(
      address: contract, topics: [topic, pad + from.bytes.dropFirst(), pad + to.bytes.dropFirst()],
      data: [UInt8](repeating: 0, count: 31) + [9])
  }

  @Test("who acts pays all that the receipt says was burned, also where nothing took effect")
  func payer() throws {
    let (from, to) = (try Samples.address(1), try Samples.address(2))
    let paid = try moves(try transaction(.transfer(owner: from, to: to, amount: Sun(5)))).acts
    #expect(paid.map(\.payer) == [from])
    #expect(paid.map(\.fee) == [Sun(7)])
    #expect(paid.map(\.succeeded) == [true])
    let call = SmartContractCall(owner: from, contract: USDT.mainnet, data: [1])
    let failed = try moves(try transaction(.triggerSmartContract(call), "OUT_OF_ENERGY"), succeeded: false).acts
    #expect(failed.map(\.payer) == [from])
    #expect(failed.map(\.fee) == [Sun(7)])
    #expect(failed.map(\.succeeded) == [false])
  }

  @Test("where the block does not say whether TRX was transferred, its receipt decides", arguments: [true, false])
  func unsaid(succeeded: Bool) throws {
    let (from, to) = (try Samples.address(1), try Samples.address(2))
    let coin = try transaction(.transfer(owner: from, to: to, amount: Sun(5)), ChainTransaction.unsaidResult)
    let seen = try moves(coin, succeeded: succeeded)
    #expect(seen.transfers.map(\.amount) == (succeeded ? [5] : []))
    #expect(seen.acts.map(\.succeeded) == [succeeded])
    #expect(seen.decoys.count == (succeeded ? 0 : 1))
  }

  @Test("the owner is found in contracts of kinds that nothing else is known of")
  func strangeKinds() throws {
    let owner = try Samples.address(1)
    let field = [UInt8(21)] + owner.bytes
    let url = "type.googleapis.com/protocol.Other"
    for (type, value) in [(4, [0x0a] + field), (10, [0x0a, 1, 65, 0x12] + field)] as [(Int, [UInt8])] {
      #expect(try moves(try transaction(.unknown(type: type, typeURL: url, value: value))).acts.map(\.payer) == [owner])
    }
    let nobody = Contract.unknown(type: 4, typeURL: url, value: [0x0a, 1, 65])
    #expect(try moves(try transaction(nobody)).acts.map(\.payer) == [nil])
  }

  @Test("TRX that is sent along with a call moves when the call succeeds")
  func callValue() throws {
    let (from, to) = (try Samples.address(1), try Samples.address(9))
    let call = SmartContractCall(owner: from, contract: to, value: Sun(50), data: [1])
    let sent = try moves(try transaction(.triggerSmartContract(call))).acts.first?.sent
    #expect(sent?.amount == 50)
    #expect(sent?.from == from)
    #expect(sent?.to == to)
    #expect(sent?.kind == .coin)
    let failed = try moves(try transaction(.triggerSmartContract(call), "REVERT"), succeeded: false)
    #expect(failed.acts.first?.sent == nil)
  }

  @Test("another token's transfer, an approval and a failed transfer are decoys, and no transfers")
  func decoys() throws {
    let (from, to) = (try Samples.address(1), try Samples.address(2))
    let call = { (data: [UInt8]) in SmartContractCall(owner: from, contract: USDT.mainnet, data: data) }
    let token = try transaction(.triggerSmartContract(call([1])))
    let fake = try moves(token, logs: [try log(try Samples.address(9), DepositRules.transferTopic)])
    #expect(fake.decoys == [.init(kind: .fake, parties: [to])])
    #expect(fake.transfers.isEmpty)
    let approval = try moves(token, logs: [try log(USDT.mainnet, DepositRules.approvalTopic)])
    #expect(approval.decoys == [.init(kind: .approval, parties: [from, to])])
    #expect(approval.transfers.isEmpty)
    #expect(try moves(token, logs: [try log(USDT.mainnet, DepositRules.transferTopic)]).decoys.isEmpty)

    let coin = try transaction(.transfer(owner: from, to: to, amount: Sun(5)), "OUT_OF_ENERGY")
    #expect(try moves(coin, succeeded: false).decoys == [.init(kind: .failed, parties: [to])])
    let words = [UInt8](repeating: 0, count: 12) + to.bytes.dropFirst() + [UInt8](repeating: 0, count: 32)
    let direct = try transaction(.triggerSmartContract(call([0xa9, 0x05, 0x9c, 0xbb] + words)), "REVERT")
    #expect(try moves(direct, succeeded: false).decoys == [.init(kind: .failed, parties: [to])])
    let drawn = [0x23, 0xb8, 0x72, 0xdd] + [UInt8](repeating: 0, count: 32) + words
    let from3 = try transaction(.triggerSmartContract(call(drawn)), "REVERT")
    #expect(try moves(from3, succeeded: false).decoys == [.init(kind: .failed, parties: [to])])
    #expect(try moves(try transaction(.triggerSmartContract(call([1]))), succeeded: false).decoys.isEmpty)
  }

  @Test("the events' topics are the hashes of their signatures")
  func topics() {
    #expect(DepositRules.transferTopic == Keccak256.hash(Array("Transfer(address,address,uint256)".utf8)))
    #expect(DepositRules.approvalTopic == Keccak256.hash(Array("Approval(address,address,uint256)".utf8)))
  }
}
