import BusKit
import Foundation
import Logging

/// Takes updates from Telegram by long polling, in the one replica that holds the lease, and writes them to the journal
/// before confirming them.
struct TelegramPoller: Sendable {
  static let pollSeconds: Int64 = 25
  /// Redis may be away this long before the bot says that it is busy; the same limit as for REST orders.
  static let redisGrace = Duration.seconds(5)

  let telegram: TelegramClient
  let journal: UpdateJournal

  func run(_ bus: Bus) async throws {
    let lease = PollLease(bus: bus)
    while !Task.isCancelled {
      if await lease.acquire() == .mine {
        try await hold(lease, bus)
      } else {
        try await Task.sleep(for: PollLease.renewal)
      }
    }
  }

  /// Polls until the lease is someone else's. While Redis does not answer the lease is kept: a second poller would show
  /// itself by 409.
  private func hold(_ lease: PollLease, _ bus: Bus) async throws {
    bus.logger.info("polling Telegram")
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          while await lease.renew() != .someoneElses { try await Task.sleep(for: PollLease.renewal) }
        }
        group.addTask { try await poll(bus) }
        defer { group.cancelAll() }
        try await group.next()
      }
    } catch {
      // A task of its own: this one is cancelled, and the next poller should not have to wait for the lease to run out.
      await Task { await lease.release() }.value
      throw error
    }
    bus.logger.info("another gateway polls Telegram")
  }

  private func poll(_ bus: Bus) async throws {
    try await introduce(bus)
    var offset: Int64?
    var failures = 0
    while true {
      try Task.checkCancellation()
      do {
        guard !journal.isFull else {
          bus.logger.error(
            "the journal is full; updates stay with Telegram", metadata: ["waiting": "\(journal.waitingCount)"])
          try await Task.sleep(for: .seconds(1))
          continue
        }
        let updates = try await take(offset)
        let (entries, refused) = received(updates, bus)
        try await journal.append(entries)
        await refuse(refused, bus)
        if let last = updates.compactMap({ $0["update_id"]?.int }).max() { offset = last + 1 }
        failures = 0
      } catch {
        try Task.checkCancellation()
        failures += 1
        try await recover(from: error, failures: failures, bus)
      }
    }
  }

  private func take(_ offset: Int64?) async throws(TelegramError) -> [JSONValue] {
    var parameters: [String: JSONValue] = [
      "timeout": .int(Self.pollSeconds), "limit": 100, "allowed_updates": TelegramUpdate.kinds,
    ]
    if let offset { parameters["offset"] = .int(offset) }
    let timeout = Duration.seconds(Self.pollSeconds + 15)
    guard let updates = try await telegram.call("getUpdates", parameters, timeout: timeout).array else {
      throw TelegramError(method: "getUpdates", code: 0, message: "the result is not an array", verdict: .transient)
    }
    return updates
  }

  /// Turns presses away while nothing can be done about them, or their answers would wait behind too many others;
  /// everything else waits in the journal.
  private func received(
    _ updates: [JSONValue], _ bus: Bus
  ) -> (entries: [JournalEntry], refused: [(callbackID: String, languageCode: String)]) {
    bus.metrics.counter("energy_gateway_telegram_updates_total", labels: []).increment(by: updates.count)
    let now = Date()
    let isAway = bus.postgresDownFor != nil || (bus.redisDownFor ?? .zero) > Self.redisGrace
    let isBusy = isAway || telegram.isBehind
    var refused: [(String, String)] = []
    let entries = updates.map { json in
      guard isBusy, let update = TelegramUpdate(json), case .press(let person, let callbackID, _) = update.kind else {
        return JournalEntry(receivedAt: now, update: json)
      }
      refused.append((callbackID, person.languageCode))
      return JournalEntry(receivedAt: now, isRefused: true, update: json)
    }
    return (entries, refused)
  }

  /// Says so to those whose presses were turned away: only when that is on disk.
  private func refuse(_ presses: [(callbackID: String, languageCode: String)], _ bus: Bus) async {
    await withDiscardingTaskGroup { group in
      for press in presses {
        group.addTask { await refuse(press.callbackID, languageCode: press.languageCode, bus) }
      }
    }
  }

  private func refuse(_ callbackID: String, languageCode: String, _ bus: Bus) async {
    bus.metrics.counter("energy_gateway_presses_refused_total").increment()
    let toast = BotTexts.of(languageCode: languageCode).busy
    do {
      _ = try await telegram.call(
        "answerCallbackQuery", ["callback_query_id": .string(callbackID), "text": .string(toast)], timeout: .seconds(3))
    } catch {
      bus.logger.debug("a press was turned away without a word", metadata: ["error": "\(error)"])
    }
  }

  /// Checks the token and publishes the command menus.
  private func introduce(_ bus: Bus) async throws {
    var failures = 0
    while true {
      do {
        let me = try await telegram.call("getMe")
        bus.logger.info("the bot is @\(me["username"]?.string ?? "?")")
        break
      } catch {
        try Task.checkCancellation()
        failures += 1
        try await recover(from: error, failures: failures, bus)
      }
    }
    let menus: [(String, BotTexts)] = [("", .english), ("en", .english), ("zh", .chinese)]
    for (language, texts) in menus {
      do {
        _ = try await telegram.call(
          "setMyCommands", ["commands": texts.commandsJSON, "language_code": .string(language)])
      } catch {
        bus.logger.warning("the command menu was not set", metadata: ["error": "\(error)"])
      }
    }
  }

  private func recover(from error: any Error, failures: Int, _ bus: Bus) async throws {
    let delay = Self.delay(after: error, failures: failures)
    let verdict = (error as? TelegramError)?.verdict
    let level: Logger.Level = verdict == .unauthorized ? .critical : .warning
    bus.logger.log(
      level: level, "Telegram does not give updates", metadata: ["error": "\(error)", "next_in": "\(delay)"])
    if verdict == .webhookIsSet {
      do { _ = try await telegram.call("deleteWebhook") } catch {
        bus.logger.warning("the webhook was not deleted", metadata: ["error": "\(error)"])
      }
    }
    try await Task.sleep(for: delay)
  }

  /// A wrong token is never asked about in a hot loop.
  static func delay(after error: any Error, failures: Int) -> Duration {
    switch (error as? TelegramError)?.verdict {
    case .unauthorized: .seconds(60)
    case .retryAfter(let seconds): .seconds(seconds)
    case .otherPoller: Backoff(first: .seconds(3), most: .seconds(30)).delay(attempt: failures, random: 0.5)
    default: Backoff(first: .milliseconds(500), most: .seconds(15)).delay(attempt: failures, random: 0.5)
    }
  }
}
