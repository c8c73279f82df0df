import Logging

/// The process around a consumer: a service with its database, or a program without one.
protocol ConsumerHost: Sendable {
  var service: String { get }
  var process: String { get }
  var timing: BusTiming { get }
  var broker: any Broker { get }
  var asker: Asker { get }
  var health: BusHealth { get }
  var metrics: MetricsRegistry { get }
  var logger: Logger { get }
  /// For trouble that many messages meet at once.
  var trouble: RepeatedTrouble { get }
  /// Nothing new is begun.
  var isDraining: Bool { get }

  /// Sleeps, but not longer than until the process drains.
  func pause(_ time: Duration) async
  /// Returns when the process drains or the task is cancelled.
  func drained() async
  /// Returns when what the handling needs is there, or the process drains.
  func untilReady() async
}

extension ConsumerHost {
  func isAlive(_ consumer: String) async throws -> Bool {
    try await broker.isAlive(service: service, process: consumer)
  }

  /// Sleeps for a step of back-off.
  func pause(_ backoff: Backoff, _ attempt: Int) async {
    await pause(backoff.delay(attempt: attempt, random: .random(in: 0..<1)))
  }
}

extension BusCore: ConsumerHost {
  func untilReady() async { await health.waitForPostgres(orDrain: self) }
}

/// What a consumer does with its deliveries.
protocol DeliveryHandling: Sendable {
  /// New deliveries. May return before they are done: what is held is named by `isResting` and renewed.
  func handle(_ entries: [Delivery]) async throws
  /// One that was delivered before, by itself; returns when it is done.
  func handle(suspect entry: Delivery) async throws
  func renewLeases() async throws
  /// Whether a delivery of this consumer is not to be claimed now: it is being handled, or its back-off is not over.
  func isResting(_ id: String) -> Bool
  /// No more deliveries than this rest at a time.
  var restingMax: Int { get }
  func lost(_ id: String)
  /// What has been handled and is to be acknowledged with the next read. Each is given out once.
  func takeDone() -> [String]
  /// Whether reads may wait a moment for more to come: one that has its own ways to gather says no.
  var gathersReads: Bool { get }
  /// Returns when nothing is held any more.
  func finish() async
}

extension DeliveryHandling {
  func handle(suspect entry: Delivery) async throws { try await handle([entry]) }
  func takeDone() -> [String] { [] }
  var gathersReads: Bool { false }
  func finish() async {}
}

extension DeliveryHandler: DeliveryHandling {}
