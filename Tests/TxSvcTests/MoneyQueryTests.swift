import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("What others ask about money on the chain")
struct MoneyQueryTests {
  /// A block as nodes answer it.
  static func block(_ number: Int64, _ timestamp: Int64) -> String {
    let hex = String(number, radix: 16)
    let id = String(repeating: "0", count: 16 - hex.count) + hex + String(repeating: "0", count: 48)
    return #"{"blockID":"\#(id)","block_header":{"raw_data":{"number":\#(number),"parentHash":"\#(id)","#
      + #""timestamp":\#(timestamp)}}}"#
  }

  private static func amount(_ amount: Int64) -> String {
    let hex = String(amount, radix: 16)
    return #"{"result":{"result":true},"energy_used":4114,"constant_result":["#
      + #""\#(String(repeating: "0", count: 64 - hex.count) + hex)"]}"#
  }

  private static func failure<Q: Query>(_ query: Q, _ world: OperatorWorld) async throws -> String? {
    do {
      _ = try await world.client.ask(query)
      return nil
    } catch let failure as QueryFailure {
      return failure.code
    }
  }

  @Test("solid balances are those of one node, with stake, dust and the block they were read at")
  func balances() async throws {
    let address = try Samples.address(6)
    try await OperatorWorld.run { world in
      world.node["/walletsolidity/getblock"] = Self.block(21, 63_000)
      world.node["/walletsolidity/getaccount"] =
        #"{"address":"\#(address.base58)","balance":5,"frozenV2":[{"amount":10},{"type":"ENERGY","amount":20},"#
        + #"{"type":"TRON_POWER","amount":40}],"delegated_frozenV2_balance_for_bandwidth":80,"account_resource":"#
        + #"{"delegated_frozenV2_balance_for_energy":160},"unfrozenV2":[{"type":"ENERGY","unfreeze_amount":300},"#
        + #"{"unfreeze_amount":400}]}"#
      world.node["/walletsolidity/triggerconstantcontract"] = Self.amount(7_000_000)
      let alone = try await world.client.ask(GetSolidBalances(addresses: [address]))
      #expect(alone.scannedNumber == nil)
      #expect(alone.token == USDT.mainnet)
      let first = try #require(alone.balances.first)
      #expect(first.isActivated)
      #expect(first.available == Sun(5))
      #expect(first.staked == Sun(310))
      #expect(first.unstaking == Sun(700))
      #expect(first.total == 1_015)
      #expect(first.token == 7_000_000)
      #expect(first.blockNumber == 21)
      #expect(first.blockNumberAfter == 21)
      #expect(first.blockTime == Date(timeIntervalSince1970: 63))
      #expect(!first.isWatched)

      try await world.bus.transaction { unit in
        try unit.save(
          WatchedAddress(address: address, fromBlock: 3, seq: 0, addedAt: unit.now, dustSun: 11, dustToken: 12))
        try unit.save(ScanCursor(id: ScanCursor.key, number: 20, blockID: try Samples.block(20), watched: 1, seq: 0))
      }
      let watched = try await world.client.ask(GetSolidBalances(addresses: [address]))
      #expect(watched.scannedNumber == 20)
      #expect(watched.balances.first?.isWatched == true)
      #expect(watched.balances.first?.dust == Sun(11))
      #expect(watched.balances.first?.dustToken == 12)
    }
  }

  @Test("an address without an account has zeros, and may have tokens; a hundred are read at most, each once")
  func strangers() async throws {
    let many = try (1...GetSolidBalances.addressesMax).map { try Samples.address(UInt8($0)) }
    try await OperatorWorld.run { world in
      world.node["/walletsolidity/getblock"] = Self.block(21, 63_000)
      world.node["/walletsolidity/triggerconstantcontract"] = Self.amount(9)
      let view = try await world.client.ask(GetSolidBalances(addresses: many), within: .seconds(30))
      #expect(view.balances.map(\.address) == many)
      #expect(view.balances.allSatisfy { !$0.isActivated && $0.total == 0 && $0.token == 9 })
      for addresses in [[], many + [try Samples.address(200)], [many[0], many[0]]] {
        #expect(try await Self.failure(GetSolidBalances(addresses: addresses), world) == "invalid_addresses")
      }
    }
  }

  @Test("a node that answers for another address, or cannot be understood, gives no balance")
  func liars() async throws {
    try await OperatorWorld.run { world in
      world.node["/walletsolidity/getblock"] = Self.block(21, 63_000)
      world.node["/walletsolidity/triggerconstantcontract"] = Self.amount(9)
      world.node["/walletsolidity/getaccount"] = #"{"address":"\#(try Samples.address(1).base58)","balance":5}"#
      let query = GetSolidBalances(addresses: [try Samples.address(2)])
      #expect(try await Self.failure(query, world) == "chain_unreachable")
      world.node["/walletsolidity/getaccount"] = #"{"address":"\#(try Samples.address(2).base58)","balance":-5}"#
      #expect(try await Self.failure(query, world) == "chain_unreachable")
    }
  }

  @Test("a reference has a solid block, the head's time and what a transfer costs")
  func reference() async throws {
    try await OperatorWorld.run { world in
      world.node["/wallet/getblock"] = Self.block(40, 120_000)
      world.node["/walletsolidity/getblock"] = Self.block(21, 63_000)
      let some =
        #"{"key":"getEnergyFee","value":100},{"key":"getTransactionFee","value":1000},{"key":"getCreateAccountFee","#
        + #""value":100000},{"key":"getCreateNewAccountFeeInSystemContract","value":1000000},"#
        + #"{"key":"getFreeNetLimit","value":600}"#
      world.node["/wallet/getchainparameters"] = #"{"chainParameter":[\#(some)]}"#
      #expect(try await Self.failure(GetTransactionReference(), world) == "chain_unreachable", "no getMaxFeeLimit")
      world.node["/wallet/getchainparameters"] =
        #"{"chainParameter":[\#(some),{"key":"getMaxFeeLimit","value":15000000000}]}"#
      let view = try await world.client.ask(GetTransactionReference())
      #expect(try BlockID(hex: view.referenceBlock).number == 21)
      #expect(view.headTimeMs == 120_000)
      #expect(view.token == USDT.mainnet)
      #expect([view.energyFee, view.bandwidthFee].map(\.value) == [100, 1_000])
      #expect([view.accountFee, view.accountBandwidthFee].map(\.value) == [1_000_000, 100_000])
      #expect(view.feeLimitMax == Sun(15_000_000_000))
      #expect(view.freeBandwidth == 600)
    }
  }

  @Test("an estimate is what the contract uses when it is tried, and says where it would refuse")
  func estimate() async throws {
    try await OperatorWorld.run { world in
      let (from, to) = (try Samples.address(1), try Samples.address(2))
      world.node["/wallet/triggerconstantcontract"] =
        #"{"result":{"result":true},"energy_used":64285,"energy_penalty":49675,"constant_result":[""]}"#
      let query = EstimateTokenTransfer(from: from, to: to, amount: 5)
      #expect(try await world.client.ask(query).energy == Energy(64_285))
      world.node["/wallet/triggerconstantcontract"] =
        #"{"result":{"result":true,"message":"REVERT opcode executed"},"energy_used":12320,"constant_result":[""]}"#
      #expect(try await Self.failure(query, world) == "refused")
      world.node["/wallet/triggerconstantcontract"] = "nonsense"
      #expect(try await Self.failure(query, world) == "chain_unreachable")
      #expect(try await Self.failure(EstimateTokenTransfer(from: from, to: to, amount: 0), world) == "invalid_amount")
    }
  }
}
