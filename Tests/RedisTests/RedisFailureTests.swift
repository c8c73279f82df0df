import Foundation
import TestKit
import Testing

@testable import Redis

@Suite struct RedisFailureTests {
  @Test func `After CLIENT KILL the next command runs on a connection of the next generation`() async throws {
    try await withConnection { admin async throws in
      try await withConnection { connection async throws in
        let id = try #require(try await connection.send(RedisCommand("CLIENT", "ID")).int)
        #expect(connection.generation == 1)
        _ = try await admin.send(RedisCommand("CLIENT", "KILL", "ID", RedisWord(id)))
        #expect(try await connection.send(RedisCommand("PING")) == .simple("PONG"))
        #expect(connection.generation == 2)
        #expect(try await connection.send(RedisCommand("CLIENT", "ID")).int != id)
      }
    }
  }

  @Test func `A command in flight when the connection breaks fails and is not sent again`() async throws {
    let key = uniqueKey("inflight")
    try await withConnection { admin async throws in
      try await withConnection { connection async throws in
        let id = try #require(try await connection.send(RedisCommand("CLIENT", "ID")).int)
        let blocked = Task {
          await redisErrorCode { _ = try await connection.send(RedisCommand("BLPOP", RedisWord(key), "60")) }
        }
        try await untilBlocked(id, admin)
        _ = try await admin.send(RedisCommand("CLIENT", "KILL", "ID", RedisWord(id)))
        #expect(await blocked.value == .connection)
        #expect(try await connection.send(RedisCommand("PING")) == .simple("PONG"))
        let clients = try await admin.send(RedisCommand("CLIENT", "LIST")).string ?? ""
        #expect(!clients.contains("id=\(id) "))
      }
    }
  }

  @Test func `A killed server fails commands until it is back, with what it had kept`() async throws {
    let server = try await RedisServer.start(tcp: true)
    let connection = RedisConnection(configuration: server.configuration)
    _ = try await connection.send(RedisCommand("SET", "kept", "1"))
    try await server.kill9()
    #expect(await redisErrorCode { _ = try await connection.send(RedisCommand("PING")) } == .connection)
    #expect(await redisErrorCode { _ = try await connection.send(RedisCommand("PING")) } == .connection)
    try await server.restart()
    #expect(try await connection.send(RedisCommand("GET", "kept")).int == 1)
    #expect(connection.generation == 2)
    await connection.close()
    try await server.stop()
  }

  @Test func `Silence past the reply timeout is a timeout, and the late reply reaches nobody`() async throws {
    try await withConnection({ $0.replyTimeout = .milliseconds(100) }) { connection async throws in
      let code = await redisErrorCode {
        _ = try await connection.send(RedisCommand("BLPOP", RedisWord(uniqueKey("x")), "1"))
      }
      #expect(code == .timeout)
      #expect(try await connection.send(RedisCommand("ECHO", "mine")).string == "mine")
      #expect(connection.generation == 2)
    }
  }

  @Test func `A connection whose bytes vanish is given up within ten seconds, a blocked one too`() async throws {
    guard case .unix(let upstream) = try await RedisServer.shared().configuration.address else {
      throw TestKitError("the shared Redis listens on no socket")
    }
    let proxy = try SilentProxy(name: "redis", upstream: upstream)
    var configuration = RedisConfiguration(address: .unix(path: proxy.path))
    configuration.clientName = "half-open"
    let (connection, blocking) = (
      RedisConnection(configuration: configuration), RedisConnection(configuration: configuration)
    )
    for one in [connection, blocking] { _ = try await one.send(RedisCommand("PING")) }
    proxy.fallSilent()
    let start = ContinuousClock.now
    async let blocked = redisErrorCode {
      _ = try await blocking.send(RedisCommand("BLPOP", RedisWord(uniqueKey("x")), "1"))
    }
    #expect(await redisErrorCode { _ = try await connection.send(RedisCommand("PING")) } == .timeout)
    #expect(await blocked == .timeout)
    // Far from the goal where the machine is idle: the reply timeout is half of it.
    #expect(ContinuousClock.now - start < .seconds(10))
    proxy.recover()
    for one in [connection, blocking] {
      #expect(try await one.send(RedisCommand("PING")).string == "PONG")
      #expect(one.generation == 2)
      await one.close()
    }
    try proxy.stop()
  }

  @Test func `A cancelled caller is freed at once and later replies stay in order`() async throws {
    let key = uniqueKey("cancel")
    try await withConnection { admin async throws in
      try await withConnection { connection async throws in
        let id = try #require(try await connection.send(RedisCommand("CLIENT", "ID")).int)
        let blocked = Task { try await connection.send(RedisCommand("BLPOP", RedisWord(key), "30")) }
        try await untilBlocked(id, admin)
        let queued = Task { try await connection.send(RedisCommand("ECHO", "second")) }
        let dropped = Task { try await connection.send(RedisCommand("SET", RedisWord(key + "!"), "never")) }
        blocked.cancel()
        await #expect(throws: CancellationError.self) { try await blocked.value }
        dropped.cancel()
        await #expect(throws: CancellationError.self) { try await dropped.value }
        _ = try await admin.send(RedisCommand("RPUSH", RedisWord(key), "stray"))
        #expect(try await queued.value.string == "second")
        #expect(connection.generation == 1)
        #expect(try await admin.send(RedisCommand("EXISTS", RedisWord(key + "!"))).int == 0)
      }
    }
  }

  @Test func `Close interrupts a blocked read, fails who waits, and may come twice`() async throws {
    let server = try await RedisServer.shared()
    var configuration = server.configuration
    configuration.replyTimeout = .seconds(60)
    let connection = RedisConnection(configuration: configuration)
    let id = try #require(try await connection.send(RedisCommand("CLIENT", "ID")).int)
    let blocked = Task {
      await redisErrorCode { _ = try await connection.send(RedisCommand("BLPOP", RedisWord(uniqueKey("b")), "50")) }
    }
    try await withConnection { admin async throws in
      try await untilBlocked(id, admin)
    }
    let started = ContinuousClock.now
    await connection.close()
    await connection.close()
    #expect(await blocked.value == .closed)
    #expect(ContinuousClock.now - started < .seconds(5))
    #expect(await redisErrorCode { _ = try await connection.send(RedisCommand("PING")) } == .closed)
  }

  @Test func `A dropped connection leaves the server by itself`() async throws {
    let name = "dropped-\(UUID().uuidString)"
    var configuration = try await RedisServer.shared().configuration
    configuration.clientName = name
    _ = try await RedisConnection(configuration: configuration).send(RedisCommand("PING"))
    try await withConnection { admin async throws in
      try await eventually { try await admin.send(RedisCommand("CLIENT", "LIST")).string?.contains(name) == false }
    }
  }
}
