import BusKit
import Contracts
import Foundation
import Postgres
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("Money of our own addresses, with a database and a chain")
struct OwnTransactionTests {
  /// A customer's deposit address and the treasury's are watched; a stranger is not.
  private struct Cast {
    let deposit: TronAddress
    let treasury: TronAddress
    let stranger: TronAddress
    init() throws {
      (deposit, treasury, stranger) = (try Samples.address(6), try Samples.address(7), try Samples.address(5))
    }
  }

  private static func log(
    _ from: TronAddress, _ to: TronAddress, _ amount: Int64, of token: TronAddress = USDT.mainnet,
    topic: [UInt8] = DepositRules.transferTopic
  ) -> String {
    let word = { (hex: String) in String(repeating: "0", count: 64 - hex.count) + hex }
    return #"{"address":"\#(token.hex.dropFirst(2))","topics":["\#(Hex.encode(topic))","#
      + #""\#(word(String(from.hex.dropFirst(2))))","\#(word(String(to.hex.dropFirst(2))))"],"#
      + #""data":"\#(word(String(amount, radix: 16)))"}"#
  }

  private static func pay(
    _ from: TronAddress, _ to: TronAddress, _ sun: Int64, _ salt: Int64, fee: Int64
  ) -> FakeChain.Transaction {
    FakeChain.Transaction(.transfer(owner: from, to: to, amount: Sun(sun)), salt: salt, fee: fee)
  }

  /// A call by somebody, with the logs that it leaves.
  private static func call(
    _ owner: TronAddress, _ salt: Int64, _ logs: [String], result: String = "SUCCESS", fee: Int64 = 0,
    value: Int64 = 0, to contract: TronAddress = USDT.mainnet, internals: String = "[]"
  ) -> FakeChain.Transaction {
    let call = SmartContractCall(owner: owner, contract: contract, value: Sun(value), data: [1, 2, 3, 4])
    return FakeChain.Transaction(
      .triggerSmartContract(call), salt: salt, result: result, logs: "[\(logs.joined(separator: ","))]",
      internals: internals, fee: fee)
  }

  /// One block more, solid and looked through.
  private static func pass(
    _ transactions: [FakeChain.Transaction], _ chain: FakeChain, _ world: ChainWorld
  ) async throws -> Int64 {
    let block = try chain.produce(transactions)
    chain.solidify()
    try await world.settle()
    return block.number
  }

  private static func rescan(_ world: ChainWorld, _ blocks: ClosedRange<Int64>, key: String) async throws -> Int64? {
    let action = OperatorAction(actor: "ann", reason: "test", key: key)
    try await world.publish(RescanBlocks(from: blocks.lowerBound, to: blocks.upperBound, action: action))
    try await eventually(within: .seconds(20)) {
      try await world.rows(ChainTask.self).first { $0.id == key }?.finishedAt != nil
    }
    return try await world.rows(ChainTask.self).first { $0.id == key }?.findings
  }

  @Test("activating and sweeping a deposit address is no deposit: each transaction is told once, with its fee")
  func sweep() async throws {
    let chain = try FakeChain()
    let cast = try Cast()
    let (deposit, treasury) = (cast.deposit, cast.treasury)
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      _ = try await world.watch([deposit, treasury])
      let first = try await Self.pass(
        [
          Self.call(cast.stranger, 1, [Self.log(cast.stranger, deposit, 50_000_000)], fee: 9),
          Self.pay(treasury, deposit, 8_000_000, 2, fee: 1_100_000),
        ], chain, world)
      let last = try await Self.pass(
        [
          Self.call(deposit, 3, [], result: "OUT_OF_ENERGY", fee: 2_000_000),
          Self.call(deposit, 4, [Self.log(deposit, treasury, 50_000_000)], fee: 5_000_000),
          Self.pay(deposit, treasury, 732_000, 5, fee: 268_000),
        ], chain, world)

      let deposits = try await world.told(DepositFound.self)
      #expect(deposits.map(\.amount) == [50_000_000], "the customer's alone")
      let told = try await world.told(OwnTransactionFound.self)
      #expect(told.map(\.payer) == [treasury, deposit, deposit, deposit])
      #expect(told.map(\.fee.value) == [1_100_000, 2_000_000, 5_000_000, 268_000])
      #expect(told.map(\.succeeded) == [true, false, true, true])
      #expect(told.map { $0.transfers.map(\.amount) } == [[8_000_000], [], [50_000_000], [732_000]])
      #expect(told.flatMap(\.transfers).map(\.kind) == [.coin, .token, .coin])
      #expect(told.flatMap(\.transfers).map(\.token) == [nil, USDT.mainnet, nil])
      #expect(told.flatMap(\.transfers).allSatisfy { $0.isFromWatched && $0.isToWatched && !$0.isToSupplier })
      #expect(told.allSatisfy { $0.isPayerWatched && $0.part == 1 && $0.parts == 1 })
      #expect(told.map(\.blockNumber) == [first, last, last, last])

      // The books of both addresses, from the events alone, are what the chain has.
      let trx = told.reduce(into: [TronAddress: Int64]()) { sums, event in
        if let payer = event.payer { sums[payer, default: 0] -= event.fee.value }
        for transfer in event.transfers where transfer.token == nil {
          sums[transfer.from, default: 0] -= transfer.amount ?? 0
          sums[transfer.to, default: 0] += transfer.amount ?? 0
        }
      }
      #expect(trx[deposit] == 0)
      #expect(trx[treasury] == -(1_100_000 + 2_000_000 + 5_000_000 + 268_000))

      #expect(try await Self.rescan(world, first...last, key: "again") == 0)
      #expect(try await world.told(OwnTransactionFound.self).count == 4)
      #expect(try await world.told(DepositFound.self).count == 1)
      #expect(try await world.rows(OwnTransaction.self).count == 4)
    }
  }

  @Test("one that was missed is found by reading its block again, and by the nightly comparison, once")
  func missed() async throws {
    let chain = try FakeChain()
    let cast = try Cast()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      _ = try await world.watch([cast.treasury])
      let number = try await Self.pass([Self.pay(cast.treasury, cast.stranger, 5, 1, fee: 3)], chain, world)
      try await world.bus.read { _ = try $0.execute("delete from own_transactions") }
      #expect(try await Self.rescan(world, number...number, key: "again") == 1)
      #expect(try await world.told(OwnTransactionFound.self).count == 2)

      try await world.bus.read { _ = try $0.execute("delete from own_transactions") }
      try await world.bus.transaction(needs: [.row(ScanCursor.self, ScanCursor.key)]) { unit in
        try unit.save(ChainTask(id: "night", kind: .compare, blocks: number...number, now: unit.now))
        try unit.start(ChainTaskStep(task: "night"))
      }
      try await eventually(within: .seconds(30)) { try await world.told(OwnTransactionFound.self).count == 3 }
      #expect(try await world.told(ChainRecordDiffers.self).map(\.kind) == [.findings])
    }
  }

  @Test("of a mixed transaction what leaves us is told here, what strangers pay is a deposit, and nothing in our name")
  func mixed() async throws {
    let chain = try FakeChain()
    let cast = try Cast()
    let (deposit, treasury, stranger) = (cast.deposit, cast.treasury, cast.stranger)
    let inner = #"[{"caller_address":"\#(treasury.hex)","transferTo_address":"\#(stranger.hex)","#
      + #""callValueInfo":[{"callValue":77}]},{"caller_address":"\#(treasury.hex)","#
      + #""transferTo_address":"\#(stranger.hex)","callValueInfo":[{"callValue":78}],"rejected":true}]"#
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      _ = try await world.watch([deposit, treasury])
      _ = try await Self.pass(
        [
          // A stranger draws what was approved, and pays another address of ours.
          Self.call(
            stranger, 1,
            [
              Self.log(deposit, stranger, 3_000_000), Self.log(stranger, treasury, 4_000_000),
              Self.log(deposit, stranger, 0), Self.log(deposit, stranger, 9, of: try Samples.address(9)),
            ], fee: 11),
          // Histories are filled with lookalikes.
          Self.call(stranger, 2, [Self.log(deposit, stranger, 0)], fee: 12),
          // The treasury is a contract that sends on, and calls another with TRX.
          Self.call(treasury, 3, [], fee: 13, value: 500, to: try Samples.address(9), internals: inner),
        ], chain, world)
      let told = try await world.told(OwnTransactionFound.self)
      #expect(told.map(\.payer) == [nil, treasury])
      #expect(told.map(\.fee.value) == [0, 13])
      #expect(told.first?.isPayerWatched == false)
      #expect(told.map { $0.transfers.map(\.amount) } == [[3_000_000], [500, 77]])
      #expect(told.map { $0.transfers.map(\.kind) } == [[.token], [.coin, .byContract]])
      #expect(told.flatMap(\.transfers).allSatisfy { $0.isFromWatched && !$0.isToWatched })
      #expect(try await world.told(DepositFound.self).map(\.amount) == [4_000_000])
      let counted = world.bus.metrics.render()
      #expect(counted.contains(#"energy_tx_deposits_total{kind="zero"} 2"#))
      #expect(!counted.contains(#"kind="fake""#), "the fake is not to a watched address")
    }
  }

  @Test("a wallet of the pool that pays a watched address is ours; what tx-svc signs for it is told by its order")
  func supplier() async throws {
    let chain = try FakeChain()
    let cast = try Cast()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      let signed = try await world.order()
      let wallet = world.key.address
      _ = try await world.watch([cast.treasury, wallet])
      _ = try await Self.pass(
        [
          FakeChain.Transaction(signed), Self.pay(wallet, cast.treasury, 2_000_000, 1, fee: 4),
          Self.pay(cast.treasury, wallet, 1_500_000, 2, fee: 5),
        ], chain, world)
      let told = try await world.told(OwnTransactionFound.self)
      #expect(told.map(\.txID) == (try await world.rows(OwnTransaction.self)).sorted { $0.fee < $1.fee }.map(\.id))
      #expect(told.map(\.fee.value) == [4, 5], "the delegation is not among them")
      #expect(told.flatMap(\.transfers).map(\.isFromSupplier) == [true, false])
      #expect(told.flatMap(\.transfers).map(\.isToSupplier) == [false, true])
      #expect(try await world.told(DepositFound.self).isEmpty)
    }
  }

  @Test("a wallet of the pool that is not watched is the payer of what it sends us, and of nothing else")
  func unwatchedSupplier() async throws {
    let chain = try FakeChain()
    let cast = try Cast()
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      try await world.stock()
      let wallet = world.key.address
      _ = try await world.watch([cast.treasury])
      _ = try await Self.pass(
        [Self.pay(wallet, cast.treasury, 7, 1, fee: 4), Self.pay(wallet, cast.stranger, 8, 2, fee: 5)], chain, world)
      let told = try await world.told(OwnTransactionFound.self)
      #expect(told.map(\.payer) == [wallet])
      #expect(told.map(\.isPayerWatched) == [false])
      #expect(told.map(\.fee.value) == [4])
      #expect(told.flatMap(\.transfers).map(\.amount) == [7])
      // Too little for a deposit, but no dust: it is in the books.
      #expect(try await world.rows(WatchedAddress.self).map(\.dustSun) == [0])
    }
  }

  @Test("more transfers than an event holds are told in parts, the fee once")
  func parts() async throws {
    let chain = try FakeChain()
    let cast = try Cast()
    let count = 2 * OwnTransactionFound.transfersMax + 1
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      _ = try await world.watch([cast.treasury])
      let logs = (1...count).map { Self.log(cast.treasury, cast.stranger, Int64($0)) }
      _ = try await Self.pass([Self.call(cast.treasury, 1, logs, fee: 9)], chain, world)
      let told = try await world.told(OwnTransactionFound.self).sorted { $0.part < $1.part }
      #expect(told.map(\.part) == [1, 2, 3])
      #expect(told.allSatisfy { $0.parts == 3 && $0.payer == cast.treasury })
      #expect(told.map(\.fee.value) == [9, 0, 0])
      #expect(told.map(\.transfers.count) == [100, 100, 1])
      #expect(told.flatMap(\.transfers).map(\.amount) == (1...count).map { Int64($0) })
    }
  }

  @Test("dust is added up once, by address and currency, and what is no money is counted by its kind")
  func dust() async throws {
    let chain = try FakeChain()
    let cast = try Cast()
    let (deposit, stranger) = (cast.deposit, cast.stranger)
    try await ChainWorld.run(chain) { world in
      try await world.settle()
      _ = try await world.watch([deposit, cast.treasury])
      let first = try await Self.pass(
        [
          Self.pay(stranger, deposit, 5, 1, fee: 1), Self.pay(stranger, deposit, 999_999, 2, fee: 1),
          Self.call(stranger, 3, [Self.log(stranger, deposit, 3), Self.log(stranger, deposit, 4)]),
          Self.pay(stranger, cast.treasury, 1, 4, fee: 1),
          Self.call(stranger, 5, [Self.log(stranger, deposit, 9, of: try Samples.address(9))]),
          Self.call(stranger, 6, [Self.log(deposit, stranger, 9, topic: DepositRules.approvalTopic)]),
          FakeChain.Transaction(
            .transfer(owner: stranger, to: deposit, amount: Sun(7_000_000)), salt: 7, result: "OUT_OF_ENERGY"),
        ], chain, world)
      let last = try await Self.pass([Self.pay(stranger, deposit, 6, 8, fee: 1)], chain, world)

      func sums() async throws -> [TronAddress: [Int64]] {
        Dictionary(
          uniqueKeysWithValues: try await world.rows(WatchedAddress.self).map {
            ($0.address, [$0.dustSun, $0.dustToken])
          })
      }
      let expected: [TronAddress: [Int64]] = [deposit: [1_000_010, 7], cast.treasury: [1, 0]]
      #expect(try await sums() == expected)
      #expect(try await Self.rescan(world, first...last, key: "again") == 0)
      #expect(try await sums() == expected)
      #expect(try await world.told(DepositFound.self).isEmpty)
      #expect(try await world.told(OwnTransactionFound.self).isEmpty)
      let counted = world.bus.metrics.render()
      for (kind, count) in [("dust", 6), ("fake", 1), ("approval", 1), ("failed", 1)] {
        #expect(counted.contains("energy_tx_deposits_total{kind=\"\(kind)\"} \(count)\n"), "\(kind)")
      }
    }
  }
}
