import BusKit
import Contracts
import Foundation
import Postgres
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("Deposits, with a database and a chain")
struct DepositFlowTests {
  private static func usdt(_ to: TronAddress, _ amount: String, topic: String? = nil) -> String {
    let word = { (hex: String) in String(repeating: "0", count: 64 - hex.count) + hex }
    let topic = topic ?? Hex.encode(DepositRules.transferTopic)
    let sender = String(repeating: "05", count: 20)
    return #"[{"address":"\#(USDT.mainnet.hex.dropFirst(2))","topics":["\#(topic)","\#(word(sender))","#
      + #""\#(word(String(to.hex.dropFirst(2))))"],"data":"\#(word(amount))"}]"#
  }

  private static func pay(
    _ from: TronAddress, _ to: TronAddress, _ sun: Int64, _ salt: Int64, _ result: String = "SUCCESS"
  ) -> FakeChain.Transaction {
    FakeChain.Transaction(.transfer(owner: from, to: to, amount: Sun(sun)), salt: salt, result: result)
  }

  private static func call(_ salt: Int64, logs: String = "[]", internals: String = "[]") -> FakeChain.Transaction {
    FakeChain.Transaction(
      .unknown(type: 31, typeURL: "type.googleapis.com/protocol.TriggerSmartContract", value: [10, 1, 65]), salt: salt,
      logs: logs, internals: internals)
  }

  @Test("are told once, when their block is solid, for addresses that are watched, and nothing else is")
  func flow() async throws {
    let chain = try FakeChain()
    let (payer, mine, other) = (try Samples.address(5), try Samples.address(6), try Samples.address(7))
    let second = try Samples.address(8)
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let callsBefore = chain.calls["gettransactioninfobyblocknum"] ?? 0
      try chain.produce([Self.pay(payer, mine, 5_000_000, 1)])
      chain.solidify()
      try await world.settle()
      #expect(chain.calls["gettransactioninfobyblocknum"] ?? 0 == callsBefore, "nothing is watched")

      let answer = try await world.watch([mine, second])
      #expect(answer.fromBlock == chain.state.withLock { $0.solid } + 1)
      let again = try await world.watch([mine, second])
      #expect(again.fromBlock == answer.fromBlock)
      #expect(again.seq > answer.seq)
      #expect(try await world.bus.read { try ScanCursor.read($0)?.watched } == 2)

      let parties = #""caller_address":"\#(payer.hex)","transferTo_address":"\#(mine.hex)""#
      // Lends energy, and then pays.
      let inner = #"[{\#(parties),"callValueInfo":[{"callValue":9000000000}],"#
        + #""note":"\#(Hex.encode("delegateResourceOfEnergy".utf8))"},"#
        + #"{\#(parties),"callValueInfo":[{"callValue":2000000}],"note":"\#(Hex.encode("call".utf8))"}]"#
      let block = try chain.produce([
        Self.pay(payer, mine, 3_000_000, 10), Self.pay(payer, other, 3_000_000, 11),
        Self.pay(payer, mine, 3_000_000, 12, "OUT_OF_ENERGY"), Self.pay(payer, mine, 5, 13),
        Self.pay(second, mine, 4_000_000, 14), Self.call(15, logs: Self.usdt(mine, "4c4b40")),
        Self.call(16, logs: Self.usdt(mine, "4c4b40", topic: String(repeating: "ab", count: 32))),
        Self.call(17, internals: inner),
        Self.call(18, logs: Self.usdt(second, "ff" + String(repeating: "0", count: 30))),
      ])
      try chain.produce()
      try await eventually { try await world.cursor()?.number == block.number + 1 }
      #expect(try await world.told(DepositFound.self).isEmpty, "not solid yet")
      chain.solidify()
      try await world.settle()

      let told = try await world.told(DepositFound.self)
      #expect(told.map(\.amount) == [3_000_000, 5_000_000])
      #expect(told.map(\.token) == [nil, USDT.mainnet])
      #expect(told.map(\.logIndex) == [nil, 0])
      #expect(told.allSatisfy { $0.address == mine && $0.from == payer && $0.blockNumber == block.number })
      #expect(told.map(\.seq) == [1, 2])
      let held = try await world.told(DepositHeld.self)
      #expect(Set(held.map(\.reason)) == [.sentByContract, .tooLarge])
      #expect(held.first { $0.reason == .sentByContract }?.amount == 2_000_000)
      #expect(held.map(\.place) == [0, 0])
      #expect(held.first { $0.reason == .tooLarge }?.address == second)
      #expect(try await world.rows(Deposit.self).filter { $0.kind == .own }.map(\.sender) == [second])
      let kept = try #require(try await world.rows(SolidBlock.self).first { $0.number == block.number })
      #expect(kept.transactions == 9)
      #expect(kept.deposits == 5)
    }
  }

  @Test("of a node whose receipts are not the block's are not believed")
  func staleReceipts() async throws {
    let chain = try FakeChain()
    let mine = try Samples.address(6)
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      _ = try await world.watch([mine])
      chain.state.withLock { $0.hasStaleReceipts = true }
      let block = try chain.produce([Self.call(1, logs: Self.usdt(mine, "4c4b40"))])
      try chain.produce()
      chain.solidify()
      try await eventually(within: .seconds(20)) { world.count("energy_tx_receipts_refused_total") > 0 }
      #expect(try await world.scanned() == block.number - 1)
      try chain.produce()
      try await eventually { try await world.cursor()?.number == block.number + 2 }
      chain.state.withLock { $0.hasStaleReceipts = false }
      try await eventually(within: .seconds(20)) { try await world.told(DepositFound.self).count == 1 }
    }
  }

  @Test("that were missed are found by reading blocks again, and by the nightly comparison, once")
  func missed() async throws {
    let chain = try FakeChain()
    let (payer, mine) = (try Samples.address(5), try Samples.address(6))
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      _ = try await world.watch([mine])
      let first = try chain.produce([Self.pay(payer, mine, 3_000_000, 1)])
      let second = try chain.produce([Self.pay(payer, mine, 4_000_000, 2)])
      chain.solidify()
      try await world.settle()
      #expect(try await world.told(DepositFound.self).count == 2)
      // As if it had been missed.
      try await world.bus.read {
        _ = try $0.execute("delete from deposits where block_number = $1", [.int(first.number)])
      }

      let action = OperatorAction(actor: "ann", reason: "missing", key: "rescan-1")
      try await world.publish(RescanBlocks(from: first.number, to: second.number, action: action))
      try await world.publish(RescanBlocks(from: first.number, to: second.number, action: action))
      try await eventually(within: .seconds(20)) {
        try await world.rows(ChainTask.self).first { $0.id == "rescan-1" }?.finishedAt != nil
      }
      #expect(try await world.rows(ChainTask.self).first { $0.id == "rescan-1" }?.findings == 1)
      #expect(try await world.told(DepositFound.self).map(\.amount) == [3_000_000, 4_000_000, 3_000_000])
      let record = try await world.rows(OperatorRecord.self).first { $0.id == "rescan-1" }
      #expect(record?.code == "accepted")

      try await world.bus.read {
        _ = try $0.execute("delete from deposits where block_number = $1", [.int(second.number)])
        _ = try $0.execute("update solid_blocks set transactions = 7 where number = $1", [.int(first.number)])
      }
      try await world.bus.transaction(needs: [.row(ScanCursor.self, ScanCursor.key)]) { unit in
        try unit.save(
          ChainTask(id: "night", kind: .compare, blocks: first.number - 5...second.number, now: unit.now))
        try unit.start(ChainTaskStep(task: "night"))
      }
      try await eventually(within: .seconds(30)) {
        // Beside them the night's own, if it is late enough in the day.
        let tasks = try await world.rows(ChainTask.self).filter { !$0.id.hasPrefix("compare/") }
        return tasks.count == 4 && tasks.allSatisfy { $0.finishedAt != nil }
      }
      let differences = try await world.told(ChainRecordDiffers.self)
      #expect(differences.map(\.kind) == [.transactions, .findings])
      #expect(differences.map(\.blockNumber) == [first.number, second.number])
      #expect(try await world.told(DepositFound.self).map(\.amount).suffix(1) == [4_000_000])
      #expect(try await world.told(DepositFound.self).count == 4)
    }
  }

  @Test("the record forgets whatever is older than it is to be kept, also where it was kept for longer before")
  func forgotten() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let oldest = -2 * world.world.chainRecordBlocks
      try await world.bus.transaction { unit in
        for number in oldest..<oldest + 15 {
          try unit.save(
            SolidBlock(
              number: number, blockID: try Samples.block(1), timeMs: 0, transactions: nil, ours: 0, deposits: 0))
        }
      }
      try chain.produce()
      chain.solidify()
      try await world.settle()
      #expect(try await world.rows(SolidBlock.self).allSatisfy { $0.number > 0 })
      #expect(try await !world.rows(SolidBlock.self).isEmpty)
    }
  }

  @Test("a range that is backwards, too long or not looked through yet is refused, and so is a batch too large")
  func refusals() async throws {
    let chain = try FakeChain()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      for (key, from, to) in [("a", 9, 8), ("b", 0, 10_000), ("c", 3, 99)] as [(String, Int64, Int64)] {
        let action = OperatorAction(actor: "ann", reason: "r", key: key)
        try await world.publish(RescanBlocks(from: from, to: to, action: action))
      }
      try await eventually { try await world.rows(OperatorRecord.self).count == 3 }
      #expect(try await world.rows(OperatorRecord.self).map(\.code) == ["bad_range", "too_many", "not_solid"])
      #expect(try await world.rows(ChainTask.self).filter { $0.kind == .rescan }.isEmpty)
      let many = try (0...WatchAddresses.addressesMax).map {
        try TronAddress(bytes: [0x41] + [UInt8](repeating: 3, count: 18) + [UInt8($0 >> 8), UInt8($0 & 0xff)])
      }
      let scan = ScanCursor(id: ScanCursor.key, number: 1, blockID: try Samples.block(1), watched: 0, seq: 0)
      await #expect(throws: PermanentFailure.self) {
        try await world.bus.transaction(needs: WatchHandlers.needs(WatchAddresses(addresses: many))) {
          #expect(try $0.find(ScanCursor.self, ScanCursor.key)?.id == scan.id)
          try WatchHandlers.watch(WatchAddresses(addresses: many), $0)
        }
      }
      #expect(try await world.rows(WatchedAddress.self).isEmpty)
    }
  }
}
