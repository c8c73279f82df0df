import Logging

/// The process around the consumers of a program without a database.
final class DirectHost: ConsumerHost {
  let service: String
  let timing: BusTiming
  let broker: any Broker
  let asker: Asker
  let metrics: MetricsRegistry
  let logger: Logger
  let trouble: RepeatedTrouble
  let health = BusHealth()
  private let draining = Drain()

  init(consumer: Consumer, client: BusClient) {
    service = consumer.group
    timing = consumer.options.timing
    broker = client.broker
    asker = client.asker
    metrics = client.metrics
    logger = client.logger
    trouble = RepeatedTrouble(client.logger)
  }

  var process: String { asker.process }
  var isDraining: Bool { draining.hasBegun }
  func drain() { draining.begin() }
  func untilReady() async {}
  func pause(_ time: Duration) async { await draining.sleep(time) }
  func drained() async { await draining.sleep(nil) }

  /// Shows that this process is alive, and looks whether the broker is. Until the task is cancelled: what the work
  /// leans on goes on while it drains.
  func giveSigns() async {
    await forever(every: timing.aliveRenewal) {
      do {
        _ = health.noteBroker(try await broker.beat(service: service, process: process, for: timing.alive))
      } catch {
        if !Task.isCancelled, health.noteBroker(nil) {
          logger.warning("the broker is away", metadata: ["error": "\(error)"])
        }
      }
    }
  }

  func keepLeases(_ consumer: StreamConsumer) async {
    await forever(every: timing.lease / 3) {
      do {
        try await consumer.heartbeat()
      } catch {
        if !Task.isCancelled { logger.warning("leases were not renewed", metadata: ["error": "\(error)"]) }
      }
    }
  }

  private func forever(every interval: Duration, _ step: () async -> Void) async {
    while !Task.isCancelled {
      await step()
      do { try await Task.sleep(for: interval) } catch { return }
    }
  }
}
