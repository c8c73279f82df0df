/// The lasting state: what survives a restart. Changed by events only, so that replaying the log rebuilds it.
struct WorldState: Codable, Sendable, Equatable {
  private(set) var people: [Int: Person] = [:]
  private(set) var bots: [Int: Bot] = [:]
  private(set) var shelf = FileShelf()
  /// Bots in the order in which they first called.
  private(set) var botOrder: [Int] = []

  mutating func apply(_ event: Event) {
    switch event {
    case .personSaved(let person): people[person.id] = person
    case .botSeen(let id):
      guard bots[id] == nil else { return }
      bots[id] = Bot(id: id)
      botOrder.append(id)
    case .messageSaved(let bot, let chat, let message): save(message, bot, chat)
    case .fileKept(let file): shelf.keep(file)
    case .messageDeleted(let bot, let chat, let message, let version): delete(message, version, bot, chat)
    case .toastShown(let bot, let chat, let toast):
      dialog(bot, chat) { dialog in
        dialog.toasts.append(toast)
        dialog.toasts.keepLast(Limits.toastsPerDialog)
        dialog.version = toast.version
      }
    case .chatBlocked(let bot, let chat, let blocked, let version):
      dialog(bot, chat) { ($0.blocked, $0.version) = (blocked, version) }
    case .updateQueued(let bot, let update):
      bots[bot]?.updates.append(update)
      bots[bot]?.nextUpdateID = update.id + 1
    case .updatesConfirmed(let bot, let below): finish(bot) { $0.id < below }
    case .updateDelivered(let bot, let update): finish(bot) { $0.id == update }
    case .updatesExpired(let bot, let before): bots[bot]?.updates.removeAll { $0.queuedAt < before }
    case .allowedUpdatesSet(let bot, let kinds): bots[bot]?.allowedUpdates = kinds
    case .webhookSet(let bot, let webhook): bots[bot]?.webhook = webhook
    case .callbackPressed(let bot, let callback):
      bots[bot]?.callbacks.append(callback)
      bots[bot]?.callbacks.keepLast(Limits.callbacksPerBot)
      bots[bot]?.nextCallbackID += 1
    case .callbackClosed(let bot, let callback): bots[bot]?.callbacks.removeAll { $0.id == callback }
    case .commandsSet(let bot, let list):
      bots[bot]?.commands.removeAll { $0.scope == list.scope && $0.languageCode == list.languageCode }
      if list.commands.items?.isEmpty == false { bots[bot]?.commands.append(list) }
    }
  }

  private mutating func dialog(_ bot: Int, _ chat: Int, _ change: (inout Dialog) -> Void) {
    change(&bots[bot, default: Bot(id: bot)].dialogs[chat, default: Dialog()])
  }

  private mutating func save(_ message: ChatMessage, _ bot: Int, _ chat: Int) {
    dialog(bot, chat) { dialog in
      if let index = dialog.index(of: message.id) {
        dialog.messages[index] = message
      } else {
        dialog.messages.append(message)
        dialog.messages.keepLast(Limits.messagesPerDialog)
      }
      dialog.version = message.version
    }
    if let next = bots[bot]?.nextMessageID, next <= message.id { bots[bot]?.nextMessageID = message.id + 1 }
  }

  private mutating func delete(_ message: Int, _ version: Int, _ bot: Int, _ chat: Int) {
    dialog(bot, chat) { dialog in
      dialog.messages.removeAll { $0.id == message }
      dialog.deleted.append(Dialog.Deletion(messageID: message, version: version))
      dialog.deleted.keepLast(Limits.deletionsPerDialog)
      dialog.version = version
    }
  }

  private mutating func finish(_ bot: Int, _ done: (Update) -> Bool) {
    guard let finished = bots[bot]?.updates.filter(done), !finished.isEmpty else { return }
    bots[bot]?.updates.removeAll(where: done)
    bots[bot]?.history.append(contentsOf: finished)
    bots[bot]?.history.keepLast(Limits.updateHistory)
  }
}

extension Array {
  /// Drops the oldest elements beyond `count`.
  mutating func keepLast(_ count: Int) {
    if self.count > count { removeFirst(self.count - count) }
  }
}
