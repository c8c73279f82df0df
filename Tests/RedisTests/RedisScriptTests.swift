import Testing

@testable import Redis

@Suite struct RedisScriptTests {
  /// FIPS 180-4 examples, and lengths around the padding's edge.
  @Test(arguments: [
    ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "84983e441c3bd26ebaae4aa1f95129e5e54670f1"),
    (String(repeating: "a", count: 1_000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
  ])
  func `The hash of a script is its SHA-1`(source: String, expected: String) {
    #expect(RedisScript(source).sha1 == expected)
  }

  @Test func `A script the server does not know is sent with its source, once`() async throws {
    let key = uniqueKey("script")
    let script = RedisScript("return {KEYS[1], ARGV[1], redis.call('INCR', KEYS[1])} -- \(key)")
    try await withConnection { connection async throws in
      for count in 1...2 {
        let reply = try await connection.run(script, keys: [key], arguments: ["a b"])
        #expect(reply.array == [.bulk(Array(key.utf8)), .bulk(Array("a b".utf8)), .integer(Int64(count))])
      }
      let known = try await connection.send(RedisCommand("SCRIPT", "EXISTS", RedisWord(script.sha1)))
      #expect(known == .array([.integer(1)]))
      _ = try await connection.send(RedisCommand("SCRIPT", "FLUSH"))
      #expect(try await connection.run(script, keys: [key], arguments: [7]).array?[2].int == 3)
    }
  }

  @Test func `An error inside a script is thrown and not retried`() async throws {
    let key = uniqueKey("script")
    let script = RedisScript("redis.call('INCR', KEYS[1]); return redis.error_reply('BROKEN on purpose')")
    try await withConnection { connection async throws in
      await #expect(throws: RedisServerError(message: "BROKEN on purpose")) {
        try await connection.run(script, keys: [key], arguments: [])
      }
      #expect(try await connection.send(RedisCommand("GET", RedisWord(key))).int == 1)
    }
  }
}
