import Foundation
import Redis
import TestKit
import Testing

@testable import BusKit

/// The rules of access that we write for Redis, as Redis takes them.
struct RedisAccessTests {
  /// Redis reads its append-only file as the user `default`, and leaves out the transactions of one who may do nothing:
  /// whatever a script has written twice would be gone.
  @Test(arguments: ["energy", "compose/setup"])
  func whatATransactionHasWrittenOutlivesARestart(_ script: String) async throws {
    let rule = try Self.ruleOfDefault(in: script)
    let server = try await RedisServer.start(
      arguments: ["--user"] + rule + ["--user", "probe", "on", ">secret", "~*", "&*", "+@all"])
    try await Self.expectNobodyIsDefault(server)
    _ = try await Self.withProbe(server) {
      try await $0.send(RedisCommand("EVAL", "redis.call('SET', 'a', '1') return redis.call('SET', 'b', '2')", "0"))
    }
    try await server.kill9()
    try await server.restart()
    let found = try await Self.withProbe(server) { try await $0.send(RedisCommand("EXISTS", "a", "b")).int }
    #expect(found == 2)
    try await server.stop()
  }

  @Test func whoeverMayNotAskForTheServersProcessIsToldWhatIsMissing() async throws {
    let server = try await RedisServer.start(
      arguments: ["--user", "probe", "on", ">secret", "~*", "&*", "+@all", "-info"])
    var configuration = server.configuration
    (configuration.user, configuration.password) = ("probe", "secret")
    let broker = RedisBroker(configuration)
    let failure = await #expect(throws: PermanentFailure.self) { try await broker.memory() }
    #expect(failure?.description.contains("+info") == true)
    await broker.close()
    try await server.stop()
  }

  private static func expectNobodyIsDefault(_ server: RedisServer) async throws {
    await #expect(throws: RedisError.self) {
      try await server.withConnection { try await $0.send(RedisCommand("GET", "a")) }
    }
  }

  private static func withProbe<T: Sendable>(
    _ server: RedisServer, _ body: (RedisConnection) async throws -> T
  ) async throws -> T {
    try await server.withConnection({ ($0.user, $0.password) = ("probe", "secret") }, body)
  }

  /// What a script writes for the user `default`, without the word `user`.
  private static func ruleOfDefault(in script: String) throws -> [String] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: script), encoding: .utf8)
    let match = try #require(text.firstMatch(of: /echo "user (default [^"]*)"/))
    return match.1.split(separator: " ").map(String.init)
  }
}
