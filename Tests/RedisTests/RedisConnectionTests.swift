import Foundation
import TestKit
import Testing

@testable import Redis

@Suite struct RedisConnectionTests {
  @Test func `Every kind of reply arrives as its value`() async throws {
    let key = uniqueKey("kinds")
    let bytes: [UInt8] = [0, 13, 10, 255]
    try await withConnection { connection async throws in
      #expect(try await connection.send(RedisCommand("PING")) == .simple("PONG"))
      #expect(try await connection.send(RedisCommand("SET", RedisWord(key), RedisWord(bytes))) == .simple("OK"))
      #expect(try await connection.send(RedisCommand("GET", RedisWord(key))) == .bulk(bytes))
      #expect(try await connection.send(RedisCommand("GET", RedisWord(key + "?"))).isNull)
      #expect(try await connection.send(RedisCommand("ECHO", RedisWord(Int64.min))).int == .min)
      #expect(try await connection.send(RedisCommand("ECHO", "")).bytes == [])
      #expect(try await connection.send(RedisCommand("EVAL", "return {1, {'x', {}}, false}", 0))
        == .array([.integer(1), .array([.bulk([120]), .array([])]), .null]))
    }
  }

  @Test func `An error reply is thrown by send and kept by pipeline`() async throws {
    let key = uniqueKey("errors")
    try await withConnection { connection async throws in
      _ = try await connection.send(RedisCommand("SET", RedisWord(key), "text"))
      let replies = try await connection.pipeline([
        RedisCommand("PING"), RedisCommand("INCR", RedisWord(key)), RedisCommand("ECHO", "after"),
      ])
      #expect(replies.count == 3)
      #expect(replies[2].string == "after")
      guard case .error(let error) = replies[1] else { return #expect(Bool(false), "INCR of a text succeeded.") }
      #expect(error.prefix == "ERR")
      await #expect(throws: RedisServerError.self) { try await connection.send(RedisCommand("XREADGROUP")) }
      #expect(try await connection.send(RedisCommand("ECHO", "well")).string == "well")
    }
  }

  @Test func `Replies reach their own callers when many tasks send at once`() async throws {
    try await withConnection { connection async throws in
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for number in 0..<2_000 {
          group.addTask { try await connection.send(RedisCommand("ECHO", RedisWord(number))).int == Int64(number) }
        }
        for try await right in group { #expect(right) }
      }
      #expect(connection.generation == 1)
    }
  }

  @Test func `Commands that wait together travel in one pipeline`() async throws {
    let server = try await RedisServer.start()
    let connection = RedisConnection(configuration: server.configuration)
    // While the first command blocks, the others can only wait; then they must go out together.
    let blocked = Task { try await connection.send(RedisCommand("BLPOP", "nothing", "0.3")) }
    let watcher = RedisConnection(configuration: server.configuration)
    try await eventually {
      try await watcher.send(RedisCommand("INFO", "clients")).string?.contains("blocked_clients:1") == true
    }
    let reads = try await readEvents(watcher)
    try await withThrowingTaskGroup(of: RedisValue.self) { group in
      for _ in 0..<500 { group.addTask { try await connection.send(RedisCommand("PING")) } }
      for try await reply in group { #expect(reply == .simple("PONG")) }
    }
    #expect(try await blocked.value.isNull)
    // 500 separate round trips would be 500 read events; the watcher's own question is one.
    #expect(try await readEvents(watcher) - reads < 50)
    await connection.close()
    await watcher.close()
    try await server.stop()
  }

  private func readEvents(_ connection: RedisConnection) async throws -> Int {
    let info = try await connection.send(RedisCommand("INFO", "stats")).string ?? ""
    let line = info.split(whereSeparator: \.isNewline).first { $0.hasPrefix("total_reads_processed:") }
    return try #require(line.flatMap { Int($0.dropFirst("total_reads_processed:".count)) })
  }

  @Test func `A pipeline of many megabytes arrives whole and in order`() async throws {
    let key = uniqueKey("large")
    let chunk = [UInt8](repeating: 7, count: 100_000)
    try await withConnection { connection async throws in
      let replies = try await connection.pipeline(
        (0..<200).map { _ in RedisCommand("APPEND", RedisWord(key), RedisWord(chunk)) })
      #expect(replies.map(\.int) == (1...200).map { Int64($0) * 100_000 })
      _ = try await connection.send(RedisCommand("UNLINK", RedisWord(key)))
    }
  }

  @Test func `A command without words is refused before it can shift the replies`() async throws {
    try await withConnection { connection async throws in
      #expect(await redisErrorCode { _ = try await connection.send(RedisCommand([])) } == .invalidArgument)
      #expect(try await connection.pipeline([]).isEmpty)
      #expect(try await connection.send(RedisCommand("ECHO", "1")).int == 1)
    }
  }

  @Test func `A connection names itself and logs in as its user`() async throws {
    let user = "u\(UUID().uuidString.prefix(8))"
    try await withConnection { admin async throws in
      _ = try await admin.send(
        RedisCommand("ACL", "SETUSER", RedisWord(user), "on", ">geheim", "~*", "+echo", "+client", "+acl"))
      let login = { (configuration: inout RedisConfiguration) in
        (configuration.user, configuration.password, configuration.clientName) = (user, "geheim", "wallet svc")
      }
      try await withConnection(login) { connection async throws in
        #expect(try await connection.send(RedisCommand("ACL", "WHOAMI")).string == user)
        #expect(try await connection.send(RedisCommand("CLIENT", "GETNAME")).string == "wallet-svc")
        await #expect(throws: RedisServerError.self) { try await connection.send(RedisCommand("FLUSHALL")) }
      }
    }
  }

  @Test func `A wrong password is a connection error that does not show it`() async throws {
    try await withConnection({ ($0.user, $0.password) = ("nobody", "hunter2") }) { connection async throws in
      do {
        _ = try await connection.send(RedisCommand("PING"))
        Issue.record("The login succeeded.")
      } catch let error as RedisError {
        #expect(error.code == .connection)
        #expect(error.message.contains("WRONGPASS"))
        #expect(!"\(error)".contains("hunter2"))
      }
      #expect(connection.generation == 0)
    }
  }

  @Test func `More commands than the limit are refused with their own code`() async throws {
    try await withConnection({ $0.queueLimit = 10 }) { connection async throws in
      let blocked = Task { try await connection.send(RedisCommand("BLPOP", RedisWord(uniqueKey("none")), "0.2")) }
      let codes = await withTaskGroup(of: RedisError.Code?.self) { group in
        for _ in 0..<30 {
          group.addTask { await redisErrorCode { _ = try await connection.send(RedisCommand("PING")) } }
        }
        return await group.reduce(into: []) { $0.append($1) }
      }
      #expect(codes.contains(.queueFull))
      #expect(codes.contains(nil))
      #expect(try await blocked.value.isNull)
      #expect(try await connection.send(RedisCommand("PING")) == .simple("PONG"))
    }
  }
}
