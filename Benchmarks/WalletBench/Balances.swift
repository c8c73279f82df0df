import BenchKit
import BusKit
import Contracts
import Foundation
import Redis
import TronKit

/// Questions for balances and their answers through the bus, so many at once: what the chain says of an address, from
/// the service's memory, and what a customer has in the ledger.
struct Balances: Sendable {
  private let redis: RedisConfiguration
  private let seconds: Int
  private let inFlight: Int
  private let address: TronAddress

  init(_ options: Options) throws {
    redis = RedisConfiguration(address: .unix(path: try options.text("redis")), clientName: "wallet-bench")
    seconds = try options.count("seconds", most: 600)
    inFlight = try options.count("in-flight", most: 10_000)
    address = try TronAddress(parsing: try options.text("address"))
  }

  func measure() async throws -> [Figure] {
    let logger = JSONLog.logger(service: "wallet-bench", level: .warning)
    return try await BusClient(redis: redis, name: "bench", logger: logger).run { client in
      [
        Figure("balance_rpc_per_second", try await rate { try await chainBalance(client) }),
        Figure("ledger_balance_rpc_per_second", try await rate { try await ledgerBalance(client) }),
      ]
    }
  }

  @Sendable private func chainBalance(_ client: BusClient) async throws {
    let view = try await client.ask(GetChainAccount(address: address))
    guard view.address == address, !view.isStale else { throw BenchFailure("the balance of \(address) is stale") }
  }

  @Sendable private func ledgerBalance(_ client: BusClient) async throws {
    let balance = try await client.ask(GetBalance(customer: Orders.customer(0)))
    guard balance.available > .zero else { throw BenchFailure("the customer has nothing") }
  }

  private func rate(_ question: @escaping @Sendable () async throws -> Void) async throws -> Double {
    try await question()
    let start = ContinuousClock.now
    let end = start + .seconds(seconds)
    let count = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<inFlight {
        group.addTask {
          var count = 0
          while ContinuousClock.now < end {
            try await question()
            count += 1
          }
          return count
        }
      }
      return try await group.reduce(0, +)
    }
    return Double(count) / ((ContinuousClock.now - start) / .seconds(1))
  }
}
