import BusKit
import Contracts
import Postgres
import Redis
import TronKit

/// Redis for what the replicas share, Postgres for what lasts.
struct BusChainStore: ChainStore {
  let bus: Bus

  /// Stands in the place of a view when no API answered.
  private static let unanswered = Array("-".utf8)

  /// The shared value; else whether the reading lock was taken, and whether the address is disputed.
  private static let claimScript = RedisScript(
    """
    local view = redis.call('GET', KEYS[1])
    if view then return {view} end
    local lock = redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
    return {lock and 1 or 0, redis.call('EXISTS', KEYS[3])}
    """)

  /// Writes the value and removes the lock if it is still ours. Whoever comes late with nothing takes nobody's value
  /// away.
  private static let shareScript = RedisScript(
    """
    if ARGV[4] == '1' then
      redis.call('SET', KEYS[1], ARGV[2], 'NX', 'PX', ARGV[3])
    else
      redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
    end
    if redis.call('GET', KEYS[2]) == ARGV[1] then redis.call('DEL', KEYS[2]) end
    return 1
    """)

  private static func viewKey(_ address: TronAddress) -> String { "cache:chain:\(address.base58)" }
  private static func lockKey(_ address: TronAddress) -> String { "cache:chain-lock:\(address.base58)" }
  private static func disputeKey(_ address: TronAddress) -> String { "cache:chain-dispute:\(address.base58)" }

  func shared(_ addresses: [TronAddress]) async throws -> [TronAddress: SharedChain] {
    guard !addresses.isEmpty else { return [:] }
    let reply = try await redis.send(RedisCommand(["MGET"] + addresses.map { RedisWord(Self.viewKey($0)) }))
    guard let values = reply.array, values.count == addresses.count else {
      throw RedisError(.protocolViolation, "MGET of \(addresses.count) keys answered \(reply)")
    }
    var found: [TronAddress: SharedChain] = [:]
    for (address, value) in zip(addresses, values) {
      if let bytes = value.bytes { found[address] = try Self.sharedChain(bytes, of: address) }
    }
    return found
  }

  func claim(_ address: TronAddress, token: String, for lifetime: Duration) async throws -> ChainClaim {
    let reply = try await redis.run(
      Self.claimScript, keys: [Self.viewKey(address), Self.lockKey(address), Self.disputeKey(address)],
      arguments: [.init(token), .init(lifetime.milliseconds)])
    guard let parts = reply.array, let first = parts.first else {
      throw RedisError(.protocolViolation, "the claim's script answered \(reply)")
    }
    if case .bulk(let bytes) = first { return .found(try Self.sharedChain(bytes, of: address)) }
    return first.int == 1 ? .mine(isDisputed: parts.last?.int == 1) : .taken
  }

  func share(
    _ address: TronAddress, _ found: SharedChain, for lifetime: Duration, token: String
  ) async throws {
    let bytes =
      switch found {
      case .view(let view): try MessageCoder.encode(view)
      case .unanswered: Self.unanswered
      }
    _ = try await redis.run(
      Self.shareScript, keys: [Self.viewKey(address), Self.lockKey(address)],
      arguments: [
        .init(token), .init(bytes), .init(lifetime.milliseconds), found == .unanswered ? "1" : "0",
      ])
  }

  func dispute(_ address: TronAddress, for lifetime: Duration?) async throws {
    let key = RedisWord(Self.disputeKey(address))
    if let lifetime {
      _ = try await redis.send(RedisCommand("SET", key, "1", "PX", .init(lifetime.milliseconds)))
    } else {
      _ = try await redis.send(RedisCommand("DEL", key))
    }
  }

  func last(_ addresses: [TronAddress]) async throws -> [TronAddress: ChainAccountView] {
    guard !addresses.isEmpty else { return [:] }
    try checkPostgres()
    return try await bus.read { session in
      let rows = try session.execute(
        "select id, view::text as view from chain_accounts where id = any($1)", [.textArray(addresses.map(\.base58))]
      ).rows
      var found: [TronAddress: ChainAccountView] = [:]
      for row in rows {
        let view = try MessageCoder.decode(ChainAccountView.self, from: [UInt8](try row.string("view").utf8))
        if view.address.base58 == (try row.string("id")) { found[view.address] = view }
      }
      return found
    }
  }

  /// A value never takes the place of a younger one, whichever replica comes last. None is younger than now by the
  /// database's clock: a replica that is ahead of time would keep all others from writing. The commit waits for no
  /// disk: what a crash takes is read again.
  func keep(_ view: ChainAccountView) async throws {
    try checkPostgres()
    let json = String(decoding: try MessageCoder.encode(view), as: UTF8.self)
    try await bus.read { session in
      try session.transaction {
        try session.enqueue("set local synchronous_commit = off")
        try session.enqueue(
          """
          insert into chain_accounts (id, view, as_of) values ($1, $2, least($3, now()))
          on conflict (id) do update set view = excluded.view, as_of = excluded.as_of
            where chain_accounts.as_of <= excluded.as_of
          """, [.text(view.address.base58), .json(json), .timestamp(view.asOf)])
      }
    }
  }

  // MARK: -

  private var redis: RedisConnection { bus.cache }

  /// What is known to be away is not waited for.
  private func checkPostgres() throws {
    if let since = bus.postgresDownFor { throw CacheAway(description: "Postgres has not answered for \(since)") }
  }

  /// A value that stands under another address' key is believed by nobody.
  private static func sharedChain(_ bytes: [UInt8], of address: TronAddress) throws -> SharedChain {
    if bytes == unanswered { return .unanswered }
    let view = try MessageCoder.decode(ChainAccountView.self, from: bytes)
    guard view.address == address else {
      throw CacheAway(description: "\(viewKey(address)) holds a value of \(view.address)")
    }
    return .view(view)
  }
}

struct CacheAway: Error, CustomStringConvertible {
  let description: String
}
