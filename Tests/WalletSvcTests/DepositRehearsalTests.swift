import BusKit
import BusKitTesting
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

@testable import WalletSvc

@Suite("Deposits on bad days")
struct DepositRehearsalTests {
  private static let customers = (0..<6).map { CustomerID(text: "cus_\($0)") }

  private static func service(_ settings: DepositSettings) -> Service {
    var service = Service(name: ServiceName.wallet, schema: WalletSvcMain.schema, migrations: [])
    Deposits.register(settings, limits: AdjustmentLimits(), in: &service)
    service.publishes([.walletEvents, .walletCommands, .txCommands, .gatewayCommands])
    return service
  }

  private static func row(_ index: Int64, _ address: TronAddress, _ key: DepositKey) -> DepositAddressRow {
    var row = DepositAddressRow(
      id: address, place: .deposits, fingerprint: key.fingerprint, generation: 1, index: index, state: .watched,
      fromBlock: 1, createdAt: Date(timeIntervalSince1970: 0))
    row.restock()
    return row
  }

  @Test(
    "whatever is delivered twice, out of order, or crashes: one address each, every deposit posted once, sums agree",
    arguments: 0..<60 as Range<UInt64>)
  func badDay(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let settings = try DepositWorld.settings()
    let key = try #require(settings.key)
    let rehearsal = try Rehearsal(Self.service(settings), seed: seed)
    let addresses = try key.addresses(from: 0, count: 16)
    for (index, address) in addresses { try rehearsal.insert(Self.row(index, address, key)) }
    rehearsal.faults.deliversTwice = true
    rehearsal.faults.deliversInReverse = seed % 2 == 0
    rehearsal.faults.commitsToFail = Int.random(in: 0...5, using: &random)
    rehearsal.faults.crashesBeforeAcknowledging = Int.random(in: 0...5, using: &random)

    var found: [DepositFound] = []
    for number in UInt8(1)...20 {
      // What gets money while it is nobody's stays nobody's: enough of the others are left for all customers.
      let address = addresses.prefix(10).randomElement(using: &random)?.address ?? USDT.mainnet
      let token = [TronAddress?.none, USDT.mainnet, USDT.nile].randomElement(using: &random) ?? nil
      found.append(
        try DepositWorld.found(
          Int.random(in: 0..<8, using: &random) == 0 ? USDT.nile : address,
          .random(in: 500_000...5_000_000, using: &random), number, token: token, logIndex: token == nil ? nil : 1))
    }
    for _ in 0..<3 {
      for customer in Self.customers.shuffled(using: &random) {
        try await rehearsal.publish(AssignDepositAddress(customer: customer))
      }
      if Bool.random(using: &random) { try await rehearsal.settle() }
      for event in found.shuffled(using: &random) { try await rehearsal.publish(event) }
    }
    try await rehearsal.advance(by: .seconds(600))
    try Self.check(rehearsal, found, key)
  }

  private static func check(_ rehearsal: Rehearsal, _ found: [DepositFound], _ key: DepositKey) throws {
    #expect(rehearsal.deadLetters.isEmpty)
    let given = try rehearsal.rows(of: DepositAddressRow.self).filter { $0.customer != nil }
    #expect(Set(given.compactMap(\.customer)) == Set(customers))
    #expect(given.count == customers.count)
    #expect(given.allSatisfy { $0.stock == nil })

    let deposits = try rehearsal.rows(of: DepositRow.self)
    #expect(deposits.count == found.count)
    #expect(deposits.allSatisfy { $0.state != .crediting })
    let journal = try rehearsal.rows(of: JournalRow.self)
    let counted = deposits.filter { $0.currency != nil }
    #expect(Set(journal.map(\.id)) == Set(counted.map { "deposit:\($0.id)" }))
    let credited = deposits.filter { $0.state == .credited }
    #expect(try rehearsal.published(DepositCredited.self).count == credited.count)

    for currency in Currency.allCases {
      var sums: [String: Int64] = [:]
      for line in journal where line.currency == currency {
        sums[line.debit, default: 0] -= line.amount
        sums[line.credit, default: 0] += line.amount
      }
      let arrived = counted.filter { $0.currency == currency }.reduce(0) { $0 + ($1.amount ?? 0) }
      #expect(sums["custody:deposits", default: 0] == -arrived)
      for customer in customers {
        let own = credited.filter { $0.customer == customer && $0.currency == currency }
        let sum = own.reduce(0) { $0 + ($1.amount ?? 0) }
        #expect(sums["customer:\(customer)", default: 0] == sum)
        let account = try rehearsal.rows(of: AccountRow.self).first { $0.id == AccountRow.key(customer, currency) }
        #expect(account?.available ?? 0 == sum)
        #expect(account?.seq ?? 0 == Int64(own.count))
      }
    }
  }
}
