import Foundation
import Logging
import ServiceLifecycle

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Sends updates to webhooks. Anything but a 2xx answer is tried again after 1 s, 2 s, 4 s … up to 60 s, or after the
/// `Retry-After` the bot asked for (at most an hour); an update is dropped when it is 24 hours old.
struct WebhookCourier: Service {
  let simulator: Simulator
  let logger: Logger
  private let session: URLSession

  init(simulator: Simulator, logger: Logger) {
    self.simulator = simulator
    self.logger = logger
    session = URLSession(configuration: .ephemeral, delegate: RedirectRefusal(), delegateQueue: nil)
  }

  /// What a chat's queue waits for.
  private struct Retry {
    var attempts: Int
    var at: Double
  }

  private enum Outcome: Sendable {
    case wakeUp
    case done(Delivery, failure: Failure?)
  }

  private struct Failure: Error {
    var reason: String
    var retryAfter: Double?
  }

  func run() async throws {
    defer { session.invalidateAndCancel() }
    do {
      try await cancelWhenGracefulShutdown { try await deliver() }
    } catch is CancellationError {
      logger.debug("webhook deliveries stopped")
    }
  }

  private func deliver() async throws {
    try await withThrowingTaskGroup(of: Outcome.self) { group in
      var underWay: Set<String> = []
      var retries: [String: Retry] = [:]
      group.addTask { try await wakeUp(after: -1, before: nil) }
      while true {
        let now = Simulator.now
        let rings = simulator.bell.webhookRings
        let waiting = retries.filter { $0.value.at > now }
        for delivery in try take(busy: underWay.union(waiting.keys)) {
          if !delivery.again { underWay.insert(key(delivery)) }
          group.addTask { .done(delivery, failure: await post(delivery)) }
        }
        guard let outcome = try await group.next() else { return }
        switch outcome {
        case .wakeUp: group.addTask { try await wakeUp(after: rings, before: waiting.values.map(\.at).min()) }
        case .done(let delivery, let failure):
          if !delivery.again { underWay.remove(key(delivery)) }
          try settle(delivery, failure, &retries)
        }
      }
    }
  }

  private func key(_ delivery: Delivery) -> String { "\(delivery.bot)/\(delivery.update.chatID)" }

  private func take(busy: Set<String>) throws -> [Delivery] {
    try simulator.with { $0.dueDeliveries(busy: busy, now: Simulator.now) }
  }

  /// Returns when something changed, when the earliest retry is due, and once a second.
  private func wakeUp(after rings: Int, before retry: Double?) async throws -> Outcome {
    let deadline = min(retry ?? .infinity, Simulator.now + 1)
    _ = try await simulator.bell.wait(at: .webhooks, until: deadline) {
      simulator.bell.webhookRings > rings ? true : nil
    }
    try Task.checkCancellation()
    return .wakeUp
  }

  private func settle(_ delivery: Delivery, _ failure: Failure?, _ retries: inout [String: Retry]) throws {
    guard let failure else {
      if !delivery.again { retries[key(delivery)] = nil }
      return try simulator.with { $0.delivered(delivery) }
    }
    if !delivery.again {
      let attempts = (retries[key(delivery)]?.attempts ?? 0) + 1
      let delay = failure.retryAfter.map { min($0, 3600) } ?? min(60, Double(1 << min(attempts - 1, 6)))
      retries[key(delivery)] = Retry(attempts: attempts, at: Simulator.now + delay)
    }
    try simulator.with { $0.failed(delivery, reason: failure.reason, now: Simulator.now) }
  }

  private func post(_ delivery: Delivery) async -> Failure? {
    do {
      guard let url = URL(string: delivery.webhook.url) else { return Failure(reason: "the URL cannot be read") }
      var request = URLRequest(url: url, timeoutInterval: 30)
      request.httpMethod = "POST"
      request.setValue("application/json", forHTTPHeaderField: "Content-Type")
      if let secret = delivery.webhook.secretToken {
        request.setValue(secret, forHTTPHeaderField: "X-Telegram-Bot-Api-Secret-Token")
      }
      request.httpBody = try delivery.update.json.encoded()
      let (_, response) = try await session.data(for: request)
      guard let http = response as? HTTPURLResponse else { return Failure(reason: "no HTTP answer") }
      guard !(200..<300).contains(http.statusCode) else { return nil }
      return Failure(
        reason: "Wrong response from the webhook: \(http.statusCode)",
        retryAfter: http.value(forHTTPHeaderField: "Retry-After").flatMap(Double.init))
    } catch {
      return Failure(reason: "Connection failed: \(error.localizedDescription)")
    }
  }
}
