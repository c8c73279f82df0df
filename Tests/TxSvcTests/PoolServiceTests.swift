import BusKit
import Contracts
import Foundation
import Postgres
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("The wallet pool on Postgres")
struct PoolServiceTests {
  @Test("64 orders at once on a pool for 10 reserve 10 and refuse 54, whatever the number of workers")
  func oversell() async throws {
    try await PoolWorld.run(workers: 3) { world in
      // Each order takes 6,565 TRX of stake; the wallets carry 4, 3 and 3, and all that is left is not enough for one.
      let wallets = try [27_000, 20_000, 20_000, 2_000].map { try world.wallet(trx: $0) }
      // Orders that find nothing have the wallets read again: the chain knows nothing else of them.
      world.chain.set { for wallet in wallets { $0.delegatable[wallet.address.base58] = wallet.delegatable.value } }
      try await world.stock(wallets)
      let receivers = try (1...64).map { try Samples.address(UInt8(100 + $0)) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, receiver) in receivers.enumerated() {
          group.addTask {
            try await world.bus.transaction { unit in
              try unit.publish(PoolWorld.message(index + 1, to: receiver, at: unit.now))
            }
          }
        }
        try await group.waitForAll()
      }
      try await eventually(within: .seconds(30), "64 answers") { try await world.rows(Delegation.self).count == 64 }
      let delegations = try await world.rows(Delegation.self)
      #expect(delegations.count { $0.failure == .poolEmpty && $0.state == .failed } == 54)
      let served = Set(delegations.filter { $0.failure == nil }.map(\.id))
      #expect(served.count == 10)
      let legs = try await world.rows(Leg.self)
      #expect(Set(legs.map(\.orderID)) == served, "none half-way")
      #expect(legs.count == 10)
      for wallet in try await world.rows(SupplierWallet.self) {
        let promised = legs.filter { $0.supplier == wallet.address }.reduce(0) { $0 + $1.stake.value }
        #expect(wallet.reserved == Sun(promised))
        #expect(wallet.reserved <= wallet.delegatable)
      }
    }
  }

  @Test("a second order to the same receiver is lent from another wallet")
  func unshared() async throws {
    try await PoolWorld.run { world in
      let wallets = try [20_000, 30_000, 40_000].map { try world.wallet(trx: $0) }
      try await world.stock(wallets)
      let receiver = try Samples.address(0xaa)
      for number in 1...3 {
        try await world.bus.transaction { unit in
          try unit.publish(PoolWorld.message(number, to: receiver, at: unit.now))
        }
        try await eventually { try await world.rows(Leg.self).count == number }
      }
      let legs = try await world.rows(Leg.self)
      #expect(legs.allSatisfy { $0.lentTo == receiver })
      #expect(Set(legs.map(\.supplier)).count == 3)
    }
  }

  @Test("orders to one receiver at the same moment are lent from different wallets, whichever worker takes them")
  func unsharedAtOnce() async throws {
    try await PoolWorld.run(workers: 3) { world in
      try await world.stock(try (1...2).map { _ in try world.wallet(trx: 500_000) })
      let receivers = try (1...20).map { try Samples.address(UInt8(100 + $0)) }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for (index, receiver) in (receivers + receivers).enumerated() {
          group.addTask {
            try await world.bus.transaction { unit in
              try unit.publish(PoolWorld.message(index + 1, to: receiver, at: unit.now))
            }
          }
        }
        try await group.waitForAll()
      }
      try await eventually(within: .seconds(30)) { try await world.rows(Leg.self).count == 40 }
      let legs = Dictionary(grouping: try await world.rows(Leg.self), by: \.lentTo)
      for receiver in receivers { #expect(Set(legs[receiver]?.map(\.supplier) ?? []).count == 2) }
    }
  }

  @Test("an operator's word changes a wallet's state once, is told, and a drained wallet is reported")
  func states() async throws {
    try await PoolWorld.run { world in
      var wallet = try world.wallet(trx: 20_000)
      wallet.delegated = Sun(7_000_000)
      let address = wallet.address
      try await world.stock([wallet])
      let action = OperatorAction(actor: "ann", reason: "moving the stake", key: "k-1")
      let command = SetSupplierState(address: address, state: .draining, action: action)
      let answers = try await world.client { client in
        var answers: [CommandResult?] = []
        for _ in 1...2 { answers.append(try await client.command(command, answer: CommandResult.self)) }
        let other = SetSupplierState(address: address, state: .enabled, action: action)
        answers.append(try await client.command(other, answer: CommandResult.self))
        return answers
      }
      #expect(answers.map { $0?.code } == ["done", "done", "key_conflict"])
      #expect(try await world.rows(SupplierWallet.self).map(\.state) == [.draining])
      #expect(try await world.published(OperatorActed.self).count == 1)
      try await world.bus.transaction(needs: [.row(SupplierWallet.self, address.base58)]) { unit in
        var wallet = try #require(try unit.find(SupplierWallet.self, address.base58))
        wallet.delegated = .zero
        try unit.save(wallet)
      }
      try await eventually(within: .seconds(20)) { try await world.published(SupplierStateChanged.self).count == 2 }
      let told = try await world.published(SupplierStateChanged.self)
      #expect(told.map(\.state) == [.draining, .disabled])
      #expect(told.map(\.isDrained) == [false, true])
      #expect(told.map(\.seq) == [1, 2])
    }
  }

  @Test("figures that an operator wants are read at once, with what is used, what fees are left and what others lent")
  func refresh() async throws {
    try await PoolWorld.run { world in
      let wallet = try world.wallet(trx: 20_000)
      let address = wallet.address
      try await world.stock([wallet])
      world.chain.set {
        $0.delegatable[address.base58] = 12_000_000_000
        $0.energyUsed = 10_000
        $0.balance = 5_800_000
        $0.lent["\(address.base58)/elsewhere"] = 5_000_000
      }
      let action = OperatorAction(actor: "ann", reason: "new stake", key: "k-1")
      let (answer, unknown, view) = try await world.client { client in
        let answer = try await client.command(
          RefreshSupplier(address: address, action: action), answer: CommandResult.self)
        let other = RefreshSupplier(
          address: try Samples.address(7), action: OperatorAction(actor: "ann", reason: "x", key: "k-2"))
        let unknown = try await client.command(other, answer: CommandResult.self)
        return (answer, unknown, try await client.ask(GetCapacity()))
      }
      #expect(answer?.code == "done")
      #expect(unknown?.code == "unknown_supplier")
      let found = try #require(view.wallets.first)
      #expect(found.available == Energy(120_000))
      #expect(found.energyUsed == Energy(10_000))
      #expect(found.foreignStake == Sun(5_000_000))
      // 20 transactions by burning and 2 from the free bandwidth.
      #expect(found.rentalsLeft == 11)
      #expect(found.forecasts.map(\.energyLeast) == [Energy(120_416), Energy(122_500), Energy(130_000)])
      #expect(found.obstacle == nil)
    }
  }

  @Test("parameters are kept, and a change of a fee is told as a jump")
  func parameters() async throws {
    try await PoolWorld.run { world in
      try await world.stock([try world.wallet(trx: 10)])
      try await eventually(within: .seconds(20)) { try await world.rows(ChainParametersRow.self).count == 1 }
      #expect(try await world.rows(ChainParametersRow.self).first?.memoFee == 0)
      world.chain.set { $0.transactionFee = 2_000 }
      try await world.bus.transaction { try $0.start(ReadChainParameters()) }
      try await eventually(within: .seconds(20)) {
        try await world.rows(ChainParametersRow.self).first?.transactionFee == 2_000
      }
      let told = try await world.published(ChainParametersChanged.self)
      #expect(told.last?.changes.contains(.init(name: "getTransactionFee", old: 1_000, new: 2_000)) == true)
      #expect(told.last?.isJump == true)
    }
  }
}
