import BusKit
import Contracts
import Foundation
import Logging
import Postgres
import Redis
import TestKit
import Testing
import TronKit

@testable import WalletSvc

/// The caches on a real Redis and a real Postgres, with replicas of wallet-svc that share them.
@Suite("Chain balances of many replicas", .timeLimit(.minutes(3)))
struct ChainReplicaTests {
  private let address = USDT.mainnet
  private let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

  private func read(_ accounts: ChainAccounts, _ bus: Bus) async throws -> ChainAccountView {
    try await accounts.account(
      address, store: BusChainStore(bus: bus), logger: logger, metrics: MetricsRegistry())
  }

  @Test("one of twenty replicas reads, and the others have what it found")
  func oneReads() async throws {
    try await withWalletBus { bus, _, _ in
      let source = FakeChainSource(.answer(reading(address)), delay: .milliseconds(60))
      try await withThrowingTaskGroup(of: ChainAccountView.self) { group in
        for _ in 0..<20 { group.addTask { try await read(ChainAccounts(sources: [source]), bus) } }
        for try await view in group { #expect(view.trx == Sun(5_000_000) && !view.isStale) }
      }
      #expect(source.calls == 1)
      let lock = try await bus.cache.send(RedisCommand("EXISTS", .init("cache:chain-lock:\(address.base58)")))
      #expect(lock == .integer(0))
    }
  }

  @Test("the lock of a replica that died runs out by itself, and a late holder neither frees nor keeps another's")
  func lockExpires() async throws {
    try await withWalletBus { bus, _, _ in
      let store = BusChainStore(bus: bus)
      #expect(try await store.claim(address, token: "dead", for: .milliseconds(60)) == .mine(isDisputed: false))
      #expect(try await store.claim(address, token: "next", for: .seconds(60)) == .taken)
      try await eventually { try await store.claim(address, token: "next", for: .seconds(60)) != .taken }
      try await store.share(address, .unanswered, for: .milliseconds(1), token: "dead")
      let lock = try await bus.cache.send(RedisCommand("GET", .init("cache:chain-lock:\(address.base58)")))
      #expect(lock.string == "next")
    }
  }

  @Test("a Redis that goes while another replica's reading is awaited leaves everybody to read for themselves")
  func redisGoesMeanwhile() async throws {
    try await withWalletBus { bus, redis, _ in
      let store = BusChainStore(bus: bus)
      try await store.keep(reading(address, trx: 1).view(asOf: Date(timeIntervalSince1970: 1_790_000_000)))
      _ = try await store.claim(address, token: "another", for: .seconds(60))
      var policy = ChainCachePolicy()
      policy.followLimit = .seconds(30)
      let accounts = ChainAccounts(sources: [FakeChainSource(.answer(reading(address, trx: 6)))], policy: policy)
      async let view = read(accounts, bus)
      try await redis.kill9()
      let found = try await view
      #expect(found.trx == Sun(6) && !found.isStale)
      try await redis.restart()
    }
  }

  @Test("a dispute is known to every replica, until it is settled")
  func disputes() async throws {
    try await withWalletBus { bus, _, _ in
      let store = BusChainStore(bus: bus)
      try await store.dispute(address, for: .seconds(60))
      #expect(try await store.claim(address, token: "a", for: .milliseconds(1)) == .mine(isDisputed: true))
      try await store.dispute(address, for: nil)
      try await eventually {
        try await store.claim(address, token: "a", for: .milliseconds(1)) == .mine(isDisputed: false)
      }
    }
  }

  @Test("without Redis, without Postgres and without both there are answers")
  func outages() async throws {
    try await withWalletBus { bus, redis, postgres in
      var policy = ChainCachePolicy()
      policy.memory = .zero
      let source = FakeChainSource(.answer(reading(address)))
      let accounts = ChainAccounts(sources: [source], policy: policy)
      #expect(try await !read(accounts, bus).isStale)
      // It is kept a moment later than it is told.
      try await eventually { try await BusChainStore(bus: bus).last([address])[address] != nil }
      try await redis.kill9()
      #expect(try await !read(accounts, bus).isStale)
      source.become(.failure)
      let last = try await read(ChainAccounts(sources: [source], policy: policy), bus)
      #expect(last.isStale && last.trx == Sun(5_000_000))
      try await postgres.stopImmediately()
      source.become(.answer(reading(address, trx: 7)))
      #expect(try await read(accounts, bus).trx == Sun(7))
      source.become(.failure)
      let remembered = try await read(accounts, bus)
      #expect(remembered.isStale && remembered.trx == Sun(7))
      let thrown = await #expect(throws: QueryFailure.self) {
        try await read(ChainAccounts(sources: [source], policy: policy), bus)
      }
      #expect(thrown?.code == "chain_unavailable")
      // The service itself ends better with both there.
      try await postgres.restart()
      try await redis.restart()
    }
  }

  @Test("a younger value in Postgres is never replaced by an older one")
  func younger() async throws {
    try await withWalletBus { bus, _, _ in
      let store = BusChainStore(bus: bus)
      let time = Date(timeIntervalSince1970: 1_790_000_000)
      try await store.keep(reading(address, trx: 2).view(asOf: time))
      try await store.keep(reading(address, trx: 1).view(asOf: time.addingTimeInterval(-1)))
      #expect(try await store.last([address])[address]?.trx == Sun(2))
      try await store.keep(reading(address, trx: 3).view(asOf: time.addingTimeInterval(1)))
      #expect(try await store.last([address, .zero]).mapValues(\.trx) == [address: Sun(3)])
    }
  }

  @Test("a replica whose clock is ahead keeps no younger value out")
  func ahead() async throws {
    try await withWalletBus { bus, _, _ in
      let store = BusChainStore(bus: bus)
      try await store.keep(reading(address, trx: 1).view(asOf: Date().addingTimeInterval(3_600)))
      try await store.keep(reading(address, trx: 2).view(asOf: Date()))
      #expect(try await store.last([address])[address]?.trx == Sun(2))
    }
  }

  @Test("a late reader that has got no answer does not take away what another has found")
  func lateWithoutAnswer() async throws {
    try await withWalletBus { bus, _, _ in
      let store = BusChainStore(bus: bus)
      let found = SharedChain.view(reading(address, trx: 3).view(asOf: Date(timeIntervalSince1970: 1_790_000_000)))
      try await store.share(address, found, for: .seconds(60), token: "quick")
      try await store.share(address, .unanswered, for: .seconds(2), token: "late")
      #expect(try await store.shared([address]) == [address: found])
    }
  }

  @Test("values under another address' key, and what cannot be read, are believed by nobody")
  func poisoned() async throws {
    try await withWalletBus { bus, _, _ in
      let store = BusChainStore(bus: bus)
      let foreign = reading(.zero, trx: 1).view(asOf: Date())
      for bytes in [try MessageCoder.encode(foreign), Array("rubbish".utf8)] {
        _ = try await bus.cache.send(
          RedisCommand("SET", .init("cache:chain:\(address.base58)"), .init(bytes), "PX", "60000"))
        let source = FakeChainSource(.answer(reading(address, trx: 8)))
        #expect(try await read(ChainAccounts(sources: [source]), bus).trx == Sun(8))
        await #expect(throws: (any Error).self) { try await store.shared([address]) }
      }
    }
  }
}
