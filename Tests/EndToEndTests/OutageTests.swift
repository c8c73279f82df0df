import BusKit
import Contracts
import Foundation
import Redis
import TestKit
import Testing
import TronKit

/// Redis goes away, or comes back without its memory; services come in twos.
@Suite(.withStack, .serialized) struct OutageTests {
  @Test("Redis killed in the middle of an order and started again: the order finishes")
  func redisKilled() async throws {
    let stack = try Stack.current()
    let orders = try await TwoOrders.prepare(stack)
    try await orders.placeHalfway()
    try await stack.redis.kill9()
    try await stack.chain.pause(false)
    try await stack.redis.restart()
    try await orders.expectFinished()
  }

  @Test("Redis emptied in the middle of an order: the services send again what may be lost, and the order finishes")
  func redisEmptied() async throws {
    let stack = try Stack.current()
    let orders = try await TwoOrders.prepare(stack)
    try await orders.placeHalfway()
    _ = try await stack.commands.send(RedisCommand("FLUSHALL"))
    try await stack.chain.pause(false)
    try await orders.expectFinished()
  }

  @Test("a command that Redis forgot before anybody read it is sent again")
  func commandForgotten() async throws {
    let stack = try Stack.current()
    let orders = try await TwoOrders.prepare(stack)
    try await stack.kill(.tx)
    try await orders.place()
    try await eventually(within: .seconds(20), "both orders wait for tx-svc") {
      try await orders.states() == [.funded, .funded]
    }
    _ = try await stack.commands.send(RedisCommand("FLUSHALL"))
    try await stack.restart(.tx)
    try await orders.expectFinished()
  }

  @Test("two replicas of order-svc and tx-svc share twenty orders: each is delegated once and the sums are right")
  func replicas() async throws {
    let stack = try Stack.current()
    let replicas = [try await stack.addReplica(of: .order), try await stack.addReplica(of: .tx)]
    let shopper = try await stack.shopper(trx: 100)
    let receivers = try await stack.placeMany(20, shopper)
    try await stack.expectAll(receivers, shopper)
    for replica in replicas { try await stack.kill(replica: replica) }
  }

  @Test("of two replicas one dies for good in the middle of ten orders: the other finishes them")
  func replicaLost() async throws {
    let stack = try Stack.current()
    let replicas = [try await stack.addReplica(of: .order), try await stack.addReplica(of: .tx)]
    let shopper = try await stack.shopper(trx: 100)
    let receivers = try await stack.placeMany(10, shopper)
    for replica in replicas { try await stack.kill(replica: replica) }
    try await stack.expectAll(receivers, shopper)
  }
}

extension Stack {
  /// Places orders at the same time; returns when all are accepted.
  fileprivate func placeMany(_ count: Int, _ shopper: Shopper) async throws -> [TronAddress] {
    let receivers = try await receivers(count)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for receiver in receivers {
        group.addTask {
          let status = try await shopper.place(receiver).status
          #expect([201, 202].contains(status))
        }
      }
      try await group.waitForAll()
    }
    return receivers
  }

  /// Every order ended as it should, and all of them together cost what they cost one by one.
  fileprivate func expectAll(_ receivers: [TronAddress], _ shopper: Shopper) async throws {
    for receiver in receivers { try await expectRentals(for: receiver, customer: shopper.customer) }
    let funds = try await books.funds(of: shopper.customer)
    #expect(funds.available == 100_000_000 - Int64(receivers.count) * 65_000 * 30)
    #expect(funds.held == 0)
    let kept = try await database.number("select sum(available + held)::bigint as n from wallet_svc.accounts")
    let booked = try await database.number(
      """
      select (sum(case when credit ~ '^(customer|held):' then amount else 0 end)
        - sum(case when debit ~ '^(customer|held):' then amount else 0 end))::bigint as n from wallet_svc.journal
      """)
    #expect(kept == booked, "the customers' balances are what the journal says")
  }
}
