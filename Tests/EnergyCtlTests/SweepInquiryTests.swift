import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import EnergyCtl

/// The questions of a sweep, answered by a program that stands in for wallet-svc, tx-svc and order-svc.
@Suite("What a sweep asks for", .timeLimit(.minutes(2)))
struct SweepInquiryTests {
  private let samples: SweepSamples

  init() throws { samples = try SweepSamples() }

  /// - Parameter count: addresses that ever had money, each with 50 USDT and a transfer of TRX's fee.
  private func answering(
    count: UInt32, isTreasuryActive: Bool = true, token: TronAddress = USDT.mainnet,
    _ body: @escaping @Sendable (BusClient) async throws -> Void
  ) async throws {
    let sources = try (0..<count).map { try samples.source($0, trx: 350_000, usdt: 50_000_000) }
    let treasury = SweepSamples.balance(samples.treasury, trx: 1_000_000_000, isActivated: isTreasuryActive)
    let known = Dictionary(uniqueKeysWithValues: (sources.map(\.balance) + [treasury]).map { ($0.address, $0) })
    var consumer = Consumer(group: "chain")
    consumer.answer(GetTransactionReference.self) { _ in SweepSamples.reference() }
    consumer.answer(GetPrices.self) { _ in PriceList(products: SweepSamples.products, asOf: SweepSamples.now) }
    consumer.answer(GetDepositStatus.self) { _ in
      DepositStatusView(
        isOn: true, fingerprint: nil, generation: nil, free: 0, unconfirmed: 0, assigned: 0, watched: 0,
        treasury: [treasury.address], minimums: [], held: 0, confirmedAt: nil)
    }
    consumer.answer(GetDeposits.self) { query in
      // One of an address that is swept, one of an address that is not, in two pages.
      let place = query.before == nil ? 0 : 1
      let deposit = DepositView(
        id: "deposit \(place)", number: Int64(9 - place), address: sources[place].entry.address,
        sender: treasury.address, customer: nil, money: Money(5, .usdt), token: USDT.mainnet, state: .refused,
        obstacle: .unassignedAddress, txID: try TransactionID(bytes: [UInt8](repeating: 5, count: 32)), blockNumber: 5,
        blockTime: SweepSamples.now, decision: nil)
      return DepositsPage(deposits: query.state == .refused ? [deposit] : [], next: query.before == nil ? 9 : nil)
    }
    consumer.answer(ListDepositAddresses.self) { query in
      let rest = sources.map(\.entry).drop { $0.place.index <= query.after?.index ?? -1 }
      let page = Array(rest.prefix(query.limit))
      return DepositAddressList(addresses: page, next: rest.count > page.count ? page.last?.place : nil)
    }
    consumer.answer(GetSolidBalances.self) { query in
      SolidBalancesView(balances: query.addresses.compactMap { known[$0] }, token: token, scannedNumber: 10)
    }
    consumer.answer(EstimateTokenTransfer.self) { query in
      // The second address is on the token's black list.
      if query.from == sources[1].entry.address { throw QueryFailure(code: "refused", message: "REVERT opcode") }
      return TokenTransferEstimate(energy: Energy(64_285))
    }
    let redis = try await RedisServer.start()
    let client = BusClient(
      redis: redis.configuration, name: "test", logger: JSONLog.logger(service: "test", level: .critical))
    let complete = consumer
    try await client.run { client in
      let runtime = client.runtime(of: complete)
      async let running: Void = runtime.run()
      do {
        try await body(client)
      } catch {
        runtime.stop()
        throw error
      }
      runtime.stop()
      try await running
    }
    try await redis.stop()
  }

  @Test("every page of addresses is looked at, a hundred balances at a time, and a refusal concerns one address")
  func pages() async throws {
    var settings = samples.settings
    settings.transactionsMax = 1_000
    let wanted = settings
    try await answering(count: 230) { client in
      let (draft, warnings) = try await SweepInquiry(client: client).draft(wanted)
      #expect(draft.chosen.map(\.source.entry.place.index) == [0] + Array(2..<230))
      #expect(draft.obstacles.count == 1)
      #expect(draft.obstacles.first?.contains("REVERT opcode") == true)
      #expect(warnings.count == 1)
      #expect(warnings.first?.contains("refused deposit (deposit 0)") == true)
      let plan = try draft.plan(id: UUID(), createdAt: SweepSamples.now)
      #expect(try samples.check().check(plan).count == 229)
    }
  }

  @Test("a plan that is full leaves the rest for the next, and says so")
  func full() async throws {
    var settings = samples.settings
    settings.transactionsMax = 100
    let wanted = settings
    try await answering(count: 230) { client in
      let (draft, warnings) = try await SweepInquiry(client: client).draft(wanted)
      #expect(draft.transactionCount == 100)
      #expect(warnings.count == 2)
      #expect(warnings.first?.contains("make another plan") == true)
    }
  }

  @Test("a treasury without an account, or answers about different tokens, stop it")
  func refused() async throws {
    let settings = samples.settings
    try await answering(count: 3, isTreasuryActive: false) { client in
      let error = await #expect(throws: SweepRefusal.self) { _ = try await SweepInquiry(client: client).draft(settings) }
      #expect(error?.code == .otherTreasury)
    }
    try await answering(count: 3, token: USDT.nile) { client in
      let error = await #expect(throws: SweepRefusal.self) { _ = try await SweepInquiry(client: client).draft(settings) }
      #expect(error?.code == .otherNetwork)
    }
  }
}
