import Logging
import ServiceLifecycle

/// A running `Consumer`. Made by `BusClient.runtime(of:)`; `run()` it once.
public final class ConsumerRuntime: ServiceLifecycle.Service {
  private let consumer: Consumer
  private let host: DirectHost

  init(_ consumer: Consumer, client: BusClient) {
    self.consumer = consumer
    host = DirectHost(consumer: consumer, client: client)
  }

  /// Consumes until `stop()`, the task's cancellation, or the graceful shutdown of the service group it is part of;
  /// then finishes what it has begun (at most `drainMax`), hands back the rest, and returns.
  /// - Throws: `InvariantViolation` when a topic does not know the consumer's group.
  public func run() async throws {
    try consumer.validate()
    // Cancelled, the task could no longer acknowledge what it has done.
    let work = Task { await self.work() }
    await withTaskCancellationHandler {
      await withGracefulShutdownHandler {
        await work.value
      } onGracefulShutdown: {
        self.stop()
      }
    } onCancel: {
      stop()
    }
  }

  /// Starts draining. May be called twice, and before `run()`.
  public func stop() { host.drain() }

  private func work() async {
    let links = consumer.topics.flatMap { topic in (0..<topic.partitions).map { link(topic, $0) } }
    let questions = consumer.queryTopics.flatMap { topic in (0..<topic.partitions).map { link(topic, $0) } }
    let handlers = links.map { DirectHandler(link: $0, consumer: consumer, host: host) }
    let consumers = zip(links, handlers).map { StreamConsumer(link: $0, core: host, handler: $1) }
    await withDiscardingTaskGroup { support in
      support.addTask { await self.host.giveSigns() }
      for consumer in consumers { support.addTask { await self.host.keepLeases(consumer) } }
      await withDiscardingTaskGroup { group in
        for (consumer, handler) in zip(consumers, handlers) {
          handler.start()
          group.addTask { await consumer.run() }
        }
        for link in questions {
          group.addTask { await QueryServer(link: link, answers: self.consumer.answers, host: self.host).run() }
        }
      }
      support.cancelAll()
    }
    await leave()
    for link in links + questions { await link.close() }
  }

  private func leave() async {
    do {
      try await host.broker.leave(service: host.service, process: host.process)
    } catch {
      host.logger.debug("the sign of life runs out by itself", metadata: ["error": "\(error)"])
    }
  }

  private func link(_ topic: Topic, _ partition: Int) -> any BrokerSubscription {
    host.broker.subscribe(
      SubscriptionOptions(
        topic: topic, partition: partition, group: consumer.group, consumer: host.process, lease: host.timing.lease))
  }
}
