import Foundation
import Synchronization

/// A connection to one Redis server, shared by any number of tasks.
///
/// Guarantees:
/// - One thread of its own does all blocking work. Commands that wait at the same moment travel in one pipeline.
/// - Replies reach their callers in order, whatever happens to other callers: a cancelled caller gets
///   `CancellationError` at once, and its reply is thrown away when it comes. Its command may have been carried out.
/// - Nothing is sent twice. After a failure every command in flight fails, and the next command opens a new
///   connection (`generation` grows by one). A connection found dead while idle is replaced before anything is sent.
/// - May be closed twice; one that is dropped without `close()` ends its thread by itself.
public final class RedisConnection: Sendable {
  private let queue: RedisQueue
  /// The longest silence of the server while a reply is due: a blocking command must block for less.
  public let replyTimeout: Duration

  public init(configuration: RedisConfiguration) {
    let queue = RedisQueue(limit: configuration.queueLimit)
    self.queue = queue
    replyTimeout = configuration.replyTimeout
    let thread = Thread { RedisWorker(configuration: configuration, queue: queue).run() }
    thread.name = "redis"
    thread.start()
  }

  deinit { queue.beginClose() }

  /// How often a connection was opened; a change means that the server may have restarted in between.
  public var generation: Int { queue.generation }

  /// Sends one command and returns its reply.
  /// - Throws: `RedisServerError` for an error reply, `RedisError` if there is none, `CancellationError`.
  public func send(_ command: RedisCommand) async throws -> RedisValue {
    try command.validate()
    var reply = try await exchange(command.bytes, count: 1).cursor
    return try reply.value().get()
  }

  /// Sends several commands in one round trip; error replies stay in the result as `.error`.
  public func pipeline(_ commands: [RedisCommand]) async throws -> [RedisValue] {
    guard !commands.isEmpty else { return [] }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(commands.reduce(0) { $0 + $1.bytes.count })
    for command in commands {
      try command.validate()
      bytes.append(contentsOf: command.bytes)
    }
    return try await exchange(bytes, count: commands.count).values()
  }

  /// Sends several commands in one round trip and returns their replies as they came, unread: for many alike.
  public func send(_ pipeline: RedisPipeline) async throws -> RedisReplies {
    guard pipeline.count > 0 else {
      throw RedisError(.invalidArgument, "A pipeline needs at least one command; it has none.")
    }
    try pipeline.validate()
    return try await exchange(pipeline.bytes, count: pipeline.count)
  }

  /// Runs a script by its hash, and sends the source when the server does not know it.
  public func run(_ script: RedisScript, keys: [String], arguments: [RedisWord]) async throws -> RedisValue {
    do {
      return try await send(script.command(keys: keys, arguments: arguments))
    } catch let error as RedisServerError where error.prefix == "NOSCRIPT" {
      return try await send(script.commandWithSource(keys: keys, arguments: arguments))
    }
  }

  /// Fails everything that waits with `.closed`, interrupts a blocked read, and returns when the thread has ended.
  public func close() async {
    queue.beginClose()
    await queue.waitUntilFinished()
  }

  private func exchange(_ bytes: [UInt8], count: Int) async throws -> RedisReplies {
    let id = queue.nextID()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        queue.submit(RedisQueue.Request(id: id, bytes: bytes, count: count), continuation)
      }
    } onCancel: {
      queue.cancel(id)
    }
  }
}
