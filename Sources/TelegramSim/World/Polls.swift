/// Who polls, per bot, and when they last did.
struct Polls: Sendable {
  /// A long poll under way. The bot's current one has the highest ticket; any other has been taken over.
  struct Poll: Sendable, Equatable {
    var bot: Int
    var ticket: Int
    var limit: Int
    /// Unix seconds.
    var deadline: Double
  }

  fileprivate var current: [Int: Int] = [:]
  fileprivate var lastTicket = 0
  fileprivate var lastOffset: [Int: Int] = [:]
  fileprivate var lastStart: [Int: Double] = [:]
  fileprivate var nextConflict: [Int: Double] = [:]
}

extension World {
  /// Starts a poll, which ends the bot's older one. Rules and constants: tdlib/telegram-bot-api `process_get_updates`.
  mutating func beginPoll(
    bot id: Int, offset: Int, limit: Int, timeout: Int, allowed: [String]?, now: Double
  ) throws -> Polls.Poll {
    let bot = try bot(id)
    guard bot.webhook == nil else { throw BotAPIError.webhookActive }
    var limit = (1...Limits.pollUpdates).contains(limit) ? limit : Limits.pollUpdates
    var timeout = Double(min(max(timeout, 0), Limits.pollSeconds))
    if let allowed {
      let wanted = allowed.isEmpty ? nil : allowed
      if wanted != bot.allowedUpdates { record(.allowedUpdatesSet(bot: id, wanted)) }
    }
    if polls.lastOffset[id] == offset, let last = polls.lastStart[id] {
      // A bot that asks again for what it has not confirmed is slowed down.
      if timeout < 3, now < last + 3 { timeout = 3 }
      if now < last + 0.5 { limit = 1 }
    }
    (polls.lastOffset[id], polls.lastStart[id]) = (offset, now)
    confirm(bot: id, offset: offset, now: now)
    polls.lastTicket += 1
    polls.current[id] = polls.lastTicket
    return Polls.Poll(bot: id, ticket: polls.lastTicket, limit: limit, deadline: now + timeout)
  }

  /// The answer to a poll; nil while it has to wait. Throws when another poll or a webhook took over.
  mutating func check(_ poll: Polls.Poll, now: Double) throws -> [Update]? {
    let bot = try bot(poll.bot)
    guard bot.webhook == nil else { throw BotAPIError.webhookTookOver }
    guard polls.current[poll.bot] == poll.ticket else { throw BotAPIError.otherPoller }
    expireUpdates(bot: poll.bot, now: now)
    let again = redeliveries[poll.bot] ?? []
    let updates = Array((again + (state.bots[poll.bot]?.updates ?? [])).prefix(poll.limit))
    guard !updates.isEmpty || now >= poll.deadline else { return nil }
    redeliveries[poll.bot] = Array(again.dropFirst(poll.limit))
    polls.current[poll.bot] = nil
    return updates
  }

  /// Seconds by which a 409 is delayed, so that two pollers do not spin: at most one in 3 s is answered at once.
  mutating func conflictDelay(bot: Int, now: Double) -> Double {
    guard now < polls.nextConflict[bot] ?? 0 else {
      polls.nextConflict[bot] = now + 3
      return 0
    }
    return 3
  }

  private mutating func confirm(bot id: Int, offset: Int, now: Double) {
    expireUpdates(bot: id, now: now)
    guard let updates = state.bots[id]?.updates, let first = updates.first else { return }
    // A negative offset counts from the end of the queue and forgets what is before.
    let below = offset >= 0 ? offset : updates[max(0, updates.count + offset)].id
    if below > first.id { record(.updatesConfirmed(bot: id, below: below)) }
  }
}
