import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// Reads what addresses have in the solid state, for comparing it with books.
enum SolidBalances {
  /// Addresses that are read of one node between two looks at its solid head, at the same time.
  private static let groupSize = 10

  private struct Reading: Sendable {
    let address: TronAddress
    let account: ChainAccount?
    let token: Int64
    let before: ChainPoint
    let after: ChainPoint
  }

  private struct Dust: Sendable {
    let sun: Int64
    let token: Int64
  }

  static func view(_ query: GetSolidBalances, _ bus: Bus, _ world: TxEnvironment) async throws -> SolidBalancesView {
    let addresses = query.addresses
    guard (1...GetSolidBalances.addressesMax).contains(addresses.count), Set(addresses).count == addresses.count else {
      throw QueryFailure(
        code: "invalid_addresses",
        message: "\(addresses.count) addresses, \(Set(addresses).count) of them different: give 1 to "
          + "\(GetSolidBalances.addressesMax), each once")
    }
    var readings: [Reading] = []
    do {
      for start in stride(from: 0, to: addresses.count, by: groupSize) {
        let group = Array(addresses[start..<min(start + groupSize, addresses.count)])
        readings += try await world.nodes.read(.refresh) { try await read(group, world.deposits.token, $0) }
      }
    } catch let error as TronNodeError {
      throw QueryFailure(code: "chain_unreachable", message: "the balances were not read: \(error)")
    }
    let (scanned, dust) = try await bus.read { try self.dust(of: addresses, $0) }
    return SolidBalancesView(
      balances: try readings.map { try balance($0, dust[$0.address]) }, token: world.deposits.token,
      scannedNumber: scanned)
  }

  /// All of one node: another's solid head is another.
  private static func read(
    _ group: [TronAddress], _ token: TronAddress, _ node: TronNodeClient
  ) async throws -> [Reading] {
    let before = try await node.solidHead().point
    let found = try await withThrowingTaskGroup(of: (TronAddress, ChainAccount?, Int64).self) { tasks in
      for address in group {
        tasks.addTask {
          let account = try await node.account(address, solid: true)
          guard account.map({ $0.address == address }) ?? true else {
            throw TronNodeError(.malformed, "\(node.name) gave another account than \(address)")
          }
          return (address, account, try await node.tokenBalance(of: address, contract: token, solid: true))
        }
      }
      return try await tasks.reduce(into: [:]) { $0[$1.0] = ($1.1, $1.2) }
    }
    let after = try await node.solidHead().point
    return try group.map { address in
      guard let (account, amount) = found[address] else { throw InvariantViolation("\(address) was not read") }
      return Reading(address: address, account: account, token: amount, before: before, after: after)
    }
  }

  /// Both in one statement: the dust is what the scan has found up to there.
  private static func dust(
    of addresses: [TronAddress], _ session: PostgresSession
  ) throws -> (scanned: Int64?, [TronAddress: Dust]) {
    let rows = try session.execute(
      """
      select solid_scan.number, watched.address, watched.dust_sun, watched.dust_token
      from solid_scan left join watched_addresses as watched on watched.address = any($1)
      """, [.textArray(addresses.map(\.base58))]
    ).rows
    var dust: [TronAddress: Dust] = [:]
    for row in rows {
      guard let address = try row.stringIfPresent("address") else { continue }
      dust[try TronAddress(parsing: address)] = Dust(sun: try row.int("dust_sun"), token: try row.int("dust_token"))
    }
    return (try rows.first?.int("number"), dust)
  }

  private static func balance(_ reading: Reading, _ dust: Dust?) throws -> SolidBalancesView.Balance {
    SolidBalancesView.Balance(
      address: reading.address, isActivated: reading.account != nil, available: reading.account?.balance ?? .zero,
      staked: try reading.account?.staked() ?? .zero, unstaking: reading.account?.unstaking ?? .zero,
      token: reading.token, blockNumber: reading.before.number,
      blockTime: Date(chainMilliseconds: reading.before.timestamp), blockNumberAfter: reading.after.number,
      isWatched: dust != nil, dust: Sun(dust?.sun ?? 0), dustToken: dust?.token ?? 0)
  }
}
