import TestKit
import Testing

@testable import Redis

@Suite struct RedisPipelineTests {
  @Test func `Words written one by one are the same bytes as a command`() throws {
    var pipeline = RedisPipeline()
    pipeline.begin(words: 5)
    pipeline.append(RedisPhrase(["SET", "key"]))
    pipeline.append(Int64.min)
    pipeline.append([0, 13, 10])
    pipeline.append("é")
    let command = RedisCommand("SET", "key", RedisWord(Int64.min), RedisWord([0, 13, 10]), "é")
    #expect(pipeline.bytes == command.bytes)
    try pipeline.validate()
  }

  @Test func `A command with a word too few or too many is refused before it is sent`() async throws {
    try await withConnection { connection async throws in
      for extra in [0, 2] {
        var pipeline = RedisPipeline()
        pipeline.begin(words: 2)
        pipeline.append("ECHO")
        for _ in 0..<extra { pipeline.append("x") }
        #expect(await redisErrorCode { _ = try await connection.send(pipeline) } == .invalidArgument)
      }
      #expect(await redisErrorCode { _ = try await connection.send(RedisPipeline()) } == .invalidArgument)
      #expect(try await connection.send(RedisCommand("ECHO", "well")).string == "well")
    }
  }

  @Test func `Replies are read in order, however they are nested`() async throws {
    try await withConnection { connection async throws in
      var pipeline = RedisPipeline()
      try pipeline.append(RedisCommand("EVAL", "return {1, {'x', {}}, false}", 0))
      try pipeline.append(RedisCommand("NO-SUCH-COMMAND"))
      try pipeline.append(RedisCommand("ECHO", "last"))
      var cursor = try await connection.send(pipeline).cursor
      #expect(cursor.array() == 3)
      #expect(cursor.value() == .integer(1))
      cursor.skip()
      #expect(cursor.isNull)
      cursor.skip()
      #expect(throws: RedisServerError.self) { try cursor.check() }
      cursor.skip()
      #expect(cursor.string() == "last")
      // Behind the end there is nothing, for ever.
      #expect(cursor.isNull)
      #expect(cursor.value() == .null)
      #expect(cursor.array() == nil)
    }
  }

  @Test func `A reply of many pieces arrives whole`() async throws {
    try await withConnection { connection async throws in
      var pipeline = RedisPipeline()
      let script = "local t = {} for i = 1, 7000 do t[i] = tostring(i) .. string.rep('x', i % 500) end return t"
      try pipeline.append(RedisCommand("EVAL", .init(script), 0))
      var cursor = try await connection.send(pipeline).cursor
      let count = cursor.array() ?? 0
      #expect(count == 7000)
      for number in 1...max(1, count) {
        #expect(cursor.string() == "\(number)" + String(repeating: "x", count: number % 500))
      }
    }
  }
}
