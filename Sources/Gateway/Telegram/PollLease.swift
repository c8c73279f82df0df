import BusKit
import Foundation
import Redis

/// Which replica polls Telegram: whoever holds a Redis key. Telegram itself ends the older of two polls, so a moment
/// with two holders costs a 409 and nothing more.
struct PollLease: Sendable {
  static let key = "lock:telegram-poll"
  static let length = Duration.seconds(10)
  static let renewal = Duration.seconds(3)

  enum Answer: Sendable, Equatable {
    case mine
    case someoneElses
    /// Redis did not say.
    case unknown
  }

  let bus: Bus

  func acquire() async -> Answer {
    await ask {
      let reply = try await bus.cache.send(
        RedisCommand("SET", .init(Self.key), .init(bus.process), "NX", "PX", .init(Self.length.milliseconds)))
      return reply.isNull ? try await renewed() : true
    }
  }

  func renew() async -> Answer { await ask { try await renewed() ? true : await acquire() == .mine } }

  func release() async {
    do {
      _ = try await bus.cache.run(Self.releaseScript, keys: [Self.key], arguments: [.init(bus.process)])
    } catch {
      bus.logger.debug("the poll lease runs out by itself", metadata: ["error": "\(error)"])
    }
  }

  private func renewed() async throws -> Bool {
    let reply = try await bus.cache.run(
      Self.renewScript, keys: [Self.key], arguments: [.init(bus.process), .init(Self.length.milliseconds)])
    return reply.int == 1
  }

  private func ask(_ body: () async throws -> Bool) async -> Answer {
    do { return try await body() ? .mine : .someoneElses } catch {
      bus.logger.debug("the poll lease is unknown", metadata: ["error": "\(error)"])
      return .unknown
    }
  }

  private static let renewScript = RedisScript(
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) else return 0 end")
  private static let releaseScript = RedisScript(
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end")
}
