import Foundation
import Logging
import Synchronization

/// The running node: one chain behind a lock, a block producer, and the faults to act out.
final class Node: Sendable {
  let options: Options
  private let store: Mutex<ChainStore>
  private let faults = Mutex<[Fault]>([])
  private let paused = Mutex(false)
  private let startedAt = ContinuousClock.now
  private let logger: Logger

  init(options: Options, logger: Logger) throws {
    self.options = options
    self.logger = logger
    let directory = URL(filePath: options.dataDirectory)
    let genesis = Genesis(
      directory: directory, suppliers: options.suppliers, supplierStake: options.supplierStakeTRX,
      usdtContract: options.usdtContract)
    store = Mutex(
      try ChainStore.open(
        directory: directory, genesis: genesis, solidAfter: options.solidAfter, nowMs: Self.wallClockMs))
  }

  var uptime: Duration { startedAt.duration(to: .now) }

  private static var wallClockMs: Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

  func read<Result: Sendable, Failure: Error>(_ body: (Chain) throws(Failure) -> Result) throws(Failure) -> Result {
    try store.withLock { store throws(Failure) in try body(store.chain) }
  }

  func broadcast(_ transaction: Transaction) throws(Refusal) {
    try store.withLock { store throws(Refusal) in try store.broadcast(transaction) }
  }

  func clearPool() { store.withLock { $0.clearPool() } }

  func perform(_ action: SimAction) throws -> JSON { try store.withLock { try $0.perform(action) } }

  func produce(_ count: Int) throws -> Int64 {
    try store.withLock { store in
      for _ in 0..<count { _ = try store.produce(nowMs: Self.wallClockMs) }
      return store.chain.head.number
    }
  }

  var isPaused: Bool {
    get { paused.withLock { $0 } }
    set { paused.withLock { $0 = newValue } }
  }

  /// Makes a block at once and then one per interval, until cancelled. Ends with the error of a journal that cannot be
  /// written: blocks nobody will remember must not be shown.
  func produceBlocks() async throws {
    let clock = ContinuousClock()
    var next = clock.now
    while !Task.isCancelled {
      if !isPaused { _ = try produce(1) }
      next = max(next + options.blockInterval, clock.now)
      do {
        try await clock.sleep(until: next)
      } catch {
        return  // cancelled
      }
    }
  }

  // MARK: Faults

  func add(_ fault: Fault) {
    faults.withLock { faults in
      faults.removeAll { $0.path == fault.path }
      if fault.count > 0 { faults.append(fault) }
    }
    logger.info("fault set", metadata: ["path": "\(fault.path)", "mode": "\(fault.mode)", "count": "\(fault.count)"])
  }

  /// The fault for this call, which uses it up by one.
  func takeFault(path: String) -> Fault? {
    faults.withLock { faults in
      guard let index = faults.firstIndex(where: { $0.path == path }) else { return nil }
      let fault = faults[index]
      faults[index].count -= 1
      if faults[index].count == 0 { faults.remove(at: index) }
      return fault
    }
  }

  var faultList: JSON {
    .array(
      faults.withLock { $0 }.map { fault in
        [
          "path": .string(fault.path), "mode": .string(fault.mode.rawValue), "count": .int(fault.count),
          "delay_ms": .int(fault.delayMs),
        ]
      })
  }
}
