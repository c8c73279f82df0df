/// One update on its way to a webhook.
struct Delivery: Sendable, Equatable {
  var bot: Int
  var update: Update
  var webhook: Webhook
  /// A copy asked for by a test; its fate changes no queue.
  var again = false
}

extension World {
  /// The updates that may be sent at this moment: per bot and chat the oldest one, unless that chat is busy. So one
  /// chat's updates arrive in order, and a failing one blocks its own chat only.
  /// - Parameter busy: `bot/chat` of deliveries under way or waiting for their retry.
  mutating func dueDeliveries(busy: Set<String>, now: Double) -> [Delivery] {
    var due: [Delivery] = []
    for id in state.botOrder {
      expireUpdates(bot: id, now: now)
      guard let bot = state.bots[id], let webhook = bot.webhook else { continue }
      for update in redeliveries.removeValue(forKey: id) ?? [] {
        due.append(Delivery(bot: id, update: update, webhook: webhook, again: true))
      }
      var taken = busy.filter { $0.hasPrefix("\(id)/") }
      for update in bot.updates where taken.count < webhook.maxConnections {
        if taken.insert("\(id)/\(update.chatID)").inserted {
          due.append(Delivery(bot: id, update: update, webhook: webhook))
        }
      }
    }
    return due
  }

  mutating func delivered(_ delivery: Delivery) {
    guard !delivery.again else { return }
    record(.updateDelivered(bot: delivery.bot, update: delivery.update.id))
  }

  /// Notes the failure for `getWebhookInfo`, unless the webhook has been changed since.
  mutating func failed(_ delivery: Delivery, reason: String, now: Double) {
    guard var webhook = state.bots[delivery.bot]?.webhook, webhook.url == delivery.webhook.url else { return }
    (webhook.lastErrorDate, webhook.lastErrorMessage) = (Int(now), reason)
    record(.webhookSet(bot: delivery.bot, webhook))
  }
}
