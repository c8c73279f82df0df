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
    let receivers = try await stack.receivers(20)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for receiver in receivers {
        group.addTask {
          let status = try await shopper.place(receiver).status
          #expect([201, 202].contains(status))
        }
      }
      try await group.waitForAll()
    }
    for receiver in receivers { try await stack.expectRentals(for: receiver, customer: shopper.customer) }
    let funds = try await stack.books.funds(of: shopper.customer)
    #expect(funds.available == 100_000_000 - 20 * 65_000 * 30)
    #expect(funds.held == 0)
    let total = try await stack.database.number("select sum(amount)::bigint as n from wallet_svc.entries")
    #expect(total == 0, "the ledger's entries sum to zero")
    for replica in replicas { try await stack.kill(replica: replica) }
  }
}
