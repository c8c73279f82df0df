import Logging
import Synchronization

/// Acknowledges what has been handled, beside the reading and handling of the next: what is done while one
/// acknowledgement is on its way travels with the next one. Tries again while the broker is away, so that an outage
/// does not make everything be handled twice.
final class DirectAcknowledger: Sendable {
  private struct State {
    var done: [HeldDeliveries.Item] = []
    var isRunning = false
    var isClosed = false
  }

  private let link: any BrokerSubscription
  private let host: any ConsumerHost
  private let held: HeldDeliveries
  private let handled: MetricsRegistry.Counter
  private let state = Mutex(State())

  init(
    link: any BrokerSubscription, host: any ConsumerHost, held: HeldDeliveries, labels: MetricsRegistry.Labels
  ) {
    self.link = link
    self.host = host
    self.held = held
    handled = host.metrics.counter("energy_bus_handled_total", labels: labels)
  }

  func acknowledge(_ items: [HeldDeliveries.Item]) {
    guard !items.isEmpty else { return }
    let mustStart = state.withLock { state in
      state.done.append(contentsOf: items)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if mustStart { Task { await run() } }
  }

  /// Gives up what the broker does not take: it will be handled again. Returns what has not been offered to it yet.
  @discardableResult
  func close() -> [HeldDeliveries.Item] {
    state.withLock { state in
      state.isClosed = true
      defer { state.done = [] }
      return state.done
    }
  }

  private func run() async {
    var failures = 0
    while let items = next() {
      do {
        try await link.acknowledge(items.map(\.entry.delivery.id))
        failures = 0
        handled.increment(by: items.count)
        held.settle(items)
      } catch {
        failures += 1
        host.logger.warning("acknowledging waits", metadata: ["stream": "\(link.options.stream)", "error": "\(error)"])
        guard host.broker.isOutage(error), !state.withLock({ $0.isClosed }) else {
          held.settle(items)
          continue
        }
        state.withLock { $0.done.insert(contentsOf: items, at: 0) }
        let pause = Backoff(first: .milliseconds(50), most: .seconds(1)).delay(
          attempt: failures, random: .random(in: 0..<1))
        do { try await Task.sleep(for: pause) } catch { close() }
      }
    }
  }

  private func next() -> [HeldDeliveries.Item]? {
    state.withLock { state in
      guard !state.done.isEmpty else {
        state.isRunning = false
        return nil
      }
      defer { state.done = [] }
      return state.done
    }
  }
}
