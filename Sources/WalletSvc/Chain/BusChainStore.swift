import BusKit
import Contracts
import Postgres
import Redis
import TronKit

/// Redis for what the replicas share, Postgres for what lasts.
struct BusChainStore: ChainStore {
  let bus: Bus

  /// Removes the lock only if it is still ours.
  private static let unlockScript = RedisScript(
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end")

  static let pruneMax = 10_000

  private func key(_ address: TronAddress) -> String { "cache:chain:\(address.base58)" }
  private func lockKey(_ address: TronAddress) -> String { "cache:chain-lock:\(address.base58)" }

  func shared(_ address: TronAddress) async throws -> ChainAccountView? {
    guard let bytes = try await bus.cache.send(RedisCommand("GET", .init(key(address)))).bytes else { return nil }
    return try MessageCoder.decode(ChainAccountView.self, from: bytes)
  }

  func share(_ view: ChainAccountView, for lifetime: Duration) async throws {
    _ = try await bus.cache.send(
      RedisCommand(
        "SET", .init(key(view.address)), .init(try MessageCoder.encode(view)), "PX", .init(lifetime.milliseconds)))
  }

  func lock(_ address: TronAddress, token: String, for lifetime: Duration) async throws -> Bool {
    let reply = try await bus.cache.send(
      RedisCommand("SET", .init(lockKey(address)), .init(token), "NX", "PX", .init(lifetime.milliseconds)))
    return !reply.isNull
  }

  func unlock(_ address: TronAddress, token: String) async throws {
    _ = try await bus.cache.run(Self.unlockScript, keys: [lockKey(address)], arguments: [.init(token)])
  }

  func last(_ address: TronAddress) async throws -> ChainAccountView? {
    try await bus.read { session in
      guard
        let row = try session.execute(
          "select view::text as view from chain_accounts where id = $1", [.text(address.base58)]
        ).rows.first
      else { return nil }
      return try MessageCoder.decode(ChainAccountView.self, from: [UInt8](try row.string("view").utf8))
    }
  }

  func keep(_ view: ChainAccountView) async throws {
    let json = String(decoding: try MessageCoder.encode(view), as: UTF8.self)
    try await bus.read { session in
      _ = try session.execute(
        """
        insert into chain_accounts (id, view, as_of) values ($1, $2, now())
        on conflict (id) do update set view = excluded.view, as_of = excluded.as_of
        """, [.text(view.address.base58), .json(json)])
    }
  }

  /// Forgets addresses that nobody has asked for in a month, at most `pruneMax` at once; returns how many. Walks the
  /// index `chain_accounts_as_of`.
  func prune() async throws -> Int {
    try await bus.read { session in
      try session.execute(
        """
        delete from chain_accounts where id in
          (select id from chain_accounts where as_of < now() - interval '30 days'
           order by as_of limit \(Self.pruneMax) for update skip locked)
        """
      ).affected
    }
  }
}
