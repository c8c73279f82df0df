import Foundation
import Logging
import Synchronization

/// The running simulator: a network behind a lock, and the clock that drives its block producer.
final class Node: Sendable {
  let options: Options
  private let network: Mutex<Network>
  /// Where the nodes answer, by index.
  private let ports: Mutex<[Int: Int]> = Mutex([:])
  private let startedAt = ContinuousClock.now
  private let logger: Logger

  init(options: Options, logger: Logger) throws {
    self.options = options
    self.logger = logger
    let directory = URL(filePath: options.dataDirectory)
    let genesis = Genesis(
      directory: directory, suppliers: options.suppliers, supplierStake: options.supplierStakeTRX,
      usdtContract: options.usdtContract)
    let store = try ChainStore.open(
      directory: directory, genesis: genesis, solidAfter: options.solidAfter, nowMs: Self.wallClockMs)
    network = Mutex(Network(store: store, nodes: options.nodes, gossipMs: options.gossipMs))
  }

  var uptime: Duration { startedAt.duration(to: .now) }

  static var wallClockMs: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

  /// The main chain.
  func read<Result: Sendable, Failure: Error>(_ body: (Chain) throws(Failure) -> Result) throws(Failure) -> Result {
    try network.withLock { network throws(Failure) in try body(network.store.chain) }
  }

  /// Anything about the network. What blocks and control actions change is in the journal before this returns.
  func withNetwork<Result>(
    _ body: (inout sending Network) throws -> sending Result
  ) rethrows -> sending Result { try network.withLock(body) }

  /// What one of the nodes shows.
  func read<Result: Sendable, Failure: Error>(
    node index: Int, _ body: (Chain) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let now = Self.wallClockMs
    return try network.withLock { network throws(Failure) in
      try body(network.view(node: index, nowMs: now))
    }
  }

  func broadcast(_ transaction: Transaction, node index: Int, as act: BroadcastAct) throws(Refusal) {
    let now = Self.wallClockMs
    try network.withLock { network throws(Refusal) in
      switch act {
      case .take: try network.broadcast(transaction, node: index, nowMs: now)
      case .drop: try network.acceptAndDrop(transaction, node: index)
      case .refuse(let refusal, false): throw refusal
      case .refuse(let refusal, true): try network.refuse(transaction, node: index, with: refusal)
      }
    }
  }

  /// - Returns: the number of the head.
  func produce(_ count: Int) throws -> Int64 {
    try network.withLock { network in
      for _ in 0..<count { try network.produce(nowMs: Self.wallClockMs) }
      return network.store.chain.head.number
    }
  }

  /// Makes a block at once and then one per interval, until cancelled. Ends with the error of a journal that cannot be
  /// written: blocks nobody will remember must not be shown.
  func produceBlocks() async throws {
    let clock = ContinuousClock()
    var next = clock.now
    while !Task.isCancelled {
      if withNetwork({ $0.takeTurn() }) { _ = try produce(1) }
      next = max(next + options.blockInterval, clock.now)
      do {
        try await clock.sleep(until: next)
      } catch {
        return  // cancelled
      }
    }
  }

  // MARK: Addresses

  /// - Returns: the first node's port as soon as every node has one, that is once.
  func listens(node index: Int, on port: Int) -> Int? {
    ports.withLock { ports in
      ports[index] = port
      return ports.count == options.nodes ? ports[0] : nil
    }
  }

  /// The nodes' base URLs.
  var urls: [String] {
    ports.withLock { ports in
      (0..<options.nodes).map { "http://\(options.address(ofNode: $0).host):\(ports[$0] ?? 0)" }
    }
  }
}
