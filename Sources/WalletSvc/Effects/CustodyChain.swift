import BusKit
import Contracts
import TronKit

/// What the solid chain shows of a custody account's addresses.
struct CustodyChain: Sendable {
  struct Holdings: Sendable, Equatable {
    var total: Int128 = 0
    /// Of each address that has any, since it is watched.
    var dust: [String: Int64] = [:]
  }

  var currencies: [Currency: Holdings] = [.trx: Holdings(), .usdt: Holdings()]
  var addresses = 0
  /// The oldest solid block of the figures; nil without an address.
  var block: Int64?
  /// Addresses that tx-svc does not watch.
  private(set) var unwatched: [TronAddress] = []

  /// Of one question for a hundred addresses: 200 requests of tx-svc, which are 20 s with one key of TronGrid.
  private static let answerMax: Duration = .seconds(90)
  /// So many blocks may tx-svc's scan be behind the figures: more could not be booked before the next reading.
  private static let blocksBehindMax: Int64 = 20

  /// Why there is nothing to compare with.
  struct Unreadable: Error, CustomStringConvertible {
    let description: String
  }

  /// - Throws: `Unreadable`, or `QueryFailure` when tx-svc does not answer.
  static func read(_ place: LedgerAccount.Custody, treasury: [TronAddress], _ bus: Bus) async throws -> CustodyChain {
    let addresses = try await addresses(place, treasury: treasury, bus)
    guard addresses.count <= CustodyBooks.addressesMax else {
      throw Unreadable(
        description: "there are more than \(CustodyBooks.addressesMax) addresses; only so many are compared")
    }
    var chain = CustodyChain()
    chain.addresses = addresses.count
    for first in stride(from: 0, to: addresses.count, by: GetSolidBalances.addressesMax) {
      let some = Array(addresses[first..<min(first + GetSolidBalances.addressesMax, addresses.count)])
      try chain.add(try await bus.ask(GetSolidBalances(addresses: some), within: answerMax), asked: some)
    }
    return chain
  }

  /// A place of its own for each address: one that the owner has named as treasury is nothing else.
  private static func addresses(
    _ place: LedgerAccount.Custody, treasury: [TronAddress], _ bus: Bus
  ) async throws -> [TronAddress] {
    let owners = Set(treasury + (try await bus.read { try CustodyBooks.addresses(.treasury, $0) }))
    let found: Set<TronAddress> =
      switch place {
      case .treasury: owners
      case .deposits: Set(try await bus.read { try CustodyBooks.addresses(.deposits, $0) }).subtracting(owners)
      case .pool: Set(try await bus.ask(GetPool(), within: answerMax).wallets.map(\.address)).subtracting(owners)
      }
    return found.sorted { $0.base58 < $1.base58 }
  }

  private mutating func add(_ view: SolidBalancesView, asked: [TronAddress]) throws {
    guard view.balances.map(\.address) == asked else {
      throw Unreadable(description: "tx-svc answered for other addresses than were asked for")
    }
    let newest = view.balances.map(\.blockNumberAfter).max() ?? 0
    guard let scanned = view.scannedNumber, scanned >= newest - Self.blocksBehindMax else {
      throw Unreadable(
        description: "tx-svc has looked through the chain up to \(view.scannedNumber.map(String.init) ?? "nothing"), "
          + "the balances are of \(newest)")
    }
    for balance in view.balances {
      block = min(block ?? balance.blockNumber, balance.blockNumber)
      if !balance.isWatched { unwatched.append(balance.address) }
      add(balance.total, dust: balance.dust.value, balance.address, .trx)
      add(Int128(balance.token), dust: balance.dustToken, balance.address, .usdt)
    }
  }

  private mutating func add(_ amount: Int128, dust: Int64, _ address: TronAddress, _ currency: Currency) {
    currencies[currency, default: Holdings()].total += amount
    if dust > 0 { currencies[currency]?.dust[CustodyDustRow.key(address.base58, currency)] = dust }
  }
}
