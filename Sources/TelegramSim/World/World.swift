/// Telegram as a value: bots, people, their chats and the queues between them. No I/O and no clock; the time is passed
/// in as unix seconds. What must last becomes an `Event`; pollers, faults and the list of calls end with the process.
struct World: Sendable {
  private(set) var state: WorldState
  /// Events not yet written to the log.
  private var unsaved: [Event] = []
  var polls = Polls()
  var faults: [Fault] = []
  var calls = CallJournal()
  /// Updates to be handed out once more although the bot has confirmed them, by bot.
  var redeliveries: [Int: [Update]] = [:]

  init(state: WorldState = WorldState()) { self.state = state }

  /// Changes the lasting state.
  mutating func record(_ event: Event) {
    state.apply(event)
    unsaved.append(event)
  }

  /// The events since the last call, for the log.
  mutating func takeUnsaved() -> [Event] {
    defer { unsaved.removeAll(keepingCapacity: true) }
    return unsaved
  }

  /// Remembers that the bot exists; throws when there are too many.
  mutating func meet(bot: Int) throws {
    guard state.bots[bot] == nil else { return }
    guard state.bots.count < Limits.bots else {
      throw BotAPIError(429, "Too Many Requests: the simulator keeps at most \(Limits.bots) bots", retryAfter: 60)
    }
    record(.botSeen(bot))
  }

  func bot(_ id: Int) throws -> Bot {
    guard let bot = state.bots[id] else { throw BotAPIError.invalidToken }
    return bot
  }

  /// The person behind a chat id, for a bot's call.
  func person(_ chat: Int) throws -> Person {
    guard let person = state.people[chat] else { throw BotAPIError.chatNotFound }
    return person
  }

  func dialog(_ bot: Int, _ chat: Int) -> Dialog { state.bots[bot]?.dialogs[chat] ?? Dialog() }

  /// Queues an update unless the bot does not want its kind. A full queue loses the oldest update, as Telegram's does
  /// after 24 hours.
  /// - Returns: the update's id, or nil when the kind is not wanted.
  mutating func queue(_ kind: String, _ body: JSON, bot id: Int, chat: Int, now: Double) -> Int? {
    guard let bot = state.bots[id], bot.allowedUpdates?.contains(kind) ?? true else { return nil }
    expireUpdates(bot: id, now: now)
    if bot.updates.count >= Limits.updatesPerBot, let oldest = bot.updates.first {
      record(.updatesConfirmed(bot: id, below: oldest.id + 1))
    }
    let update = Update(id: bot.nextUpdateID, kind: kind, chatID: chat, body: body, queuedAt: now)
    record(.updateQueued(bot: id, update))
    return update.id
  }

  mutating func expireUpdates(bot: Int, now: Double) {
    let before = now - Limits.updateAgeSeconds
    if let first = state.bots[bot]?.updates.first, first.queuedAt < before {
      record(.updatesExpired(bot: bot, before: before))
    }
  }
}
