import BusKit
import Contracts
import Foundation
import TestKit
import Testing
import TronKit

/// Takes more than a minute: only with ENERGY_TEST_FULL.
@Suite(.withStack, .enabled(if: ProcessInfo.processInfo.environment["ENERGY_TEST_FULL"] != nil))
struct StormTests {
  private static let orders = 160
  private static let kills = 60

  @Test("orders keep coming while a service dies every other second: each is charged, delegated and taken back once")
  func storm() async throws {
    let stack = try Stack.current()
    let shopper = try await stack.shopper(trx: 1_000)
    let receivers = try await stack.receivers(Self.orders)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await killing(stack) }
      for (index, receiver) in receivers.enumerated() {
        group.addTask {
          // Spread over the time of the kills; what is awaited is the time itself.
          try await Task.sleep(for: .milliseconds(500 * index))
          try await insist(shopper, receiver)
        }
      }
      try await group.waitForAll()
    }
    for receiver in receivers {
      try await stack.expectRentals(for: receiver, customer: shopper.customer, within: .seconds(240))
    }
    let funds = try await stack.books.funds(of: shopper.customer)
    #expect(funds.available == 1_000_000_000 - Int64(Self.orders) * 65_000 * 30)
    #expect(funds.held == 0)
    for topic in Topic.all { #expect(try await stack.streams.dead(topic) == 0, "\(topic.name) has dead letters") }
  }

  private func killing(_ stack: Stack) async throws {
    for number in 0..<Self.kills {
      try await Task.sleep(for: .milliseconds(Int64.random(in: 0...1_500)))
      let kind = ServiceKind.allCases[number % ServiceKind.allCases.count]
      try await stack.kill(kind)
      try await stack.restart(kind)
    }
  }

  /// As a client does that must know: the same request under the same key, until there is an answer.
  private func insist(_ shopper: Shopper, _ receiver: TronAddress) async throws {
    let key = UUID.v7().text
    try await eventually(within: .seconds(120), "the order for \(receiver) is accepted") {
      guard let reply = try await shopper.tryToPlace(receiver, key: key) else { return false }
      return [201, 202].contains(reply.status)
    }
  }
}
