import BusKit
import Contracts
import Foundation
import Postgres

/// Brings a slot's chat message up to the newest screen that was asked for. It reads what to show when it runs, so
/// several requests in a row become one edit, and a screen never goes backwards. A send whose outcome stays unknown is
/// repeated: a message may appear twice, an edit never hurts.
struct DeliverScreen: Effect {
  static let kind = "DeliverScreen"
  /// Telegram's outages are waited out: nothing is dropped.
  static let policy = EffectPolicy(
    attemptsMax: nil, timeout: .seconds(30), backoff: Backoff(first: .milliseconds(500), most: .seconds(60)),
    concurrency: 64)
  let customer: CustomerID
  let slot: String
  /// One chat keeps its order and waits alone when Telegram slows it down.
  var orderKey: String { customer.text }

  func run(_ context: EffectContext, telegram: TelegramClient) async throws -> EffectOutcome {
    // A later run waits for its own chat.
    if context.attempt == 1 { telegram.beginMessage(age: context.age) }
    guard let target = try await read(context.bus), target.chat.isReachable else { return .done() }
    let row = target.screen
    switch ScreenDelivery(row, adopted: target.adopted) {
    case .nothing: return .done()
    case .unchanged: return shown(row, messageID: row.messageId, takenFrom: nil)
    case .send: return await send(target, context, telegram)
    case .edit(let messageID): return await edit(target, messageID, takenFrom: nil, context, telegram)
    case .takeOver(let messageID):
      return await edit(target, messageID, takenFrom: target.adopted?.id, context, telegram)
    }
  }

  private struct Target: Sendable {
    let chat: TelegramChatRow
    let screen: TelegramScreenRow
    let adopted: TelegramScreenRow?
  }

  private func read(_ bus: Bus) async throws -> Target? {
    let customer = self.customer
    let id = TelegramScreenRow.key(customer, slot)
    return try await bus.read { session in
      try session.enqueue("select * from telegram_chats where id = $1", [.text(customer.text)])
      try session.enqueue("select * from telegram_screens where id = $1", [.text(id)])
      // `TelegramScreenRow.key` of what it adopts.
      try session.enqueue(
        """
        select other.* from telegram_screens own
        join telegram_screens other on other.id = own.customer || '|' || own.adopts where own.id = $1
        """, [.text(id)])
      let results = try session.flush()
      let decoder = PostgresRowDecoder()
      func screen(_ index: Int) throws -> TelegramScreenRow? {
        try results[index].rows.first.map { try decoder.decode(TelegramScreenRow.self, from: $0) }
      }
      guard results.count == 3, let chat = results[0].rows.first, let own = try screen(1) else { return nil }
      return Target(
        chat: try decoder.decode(TelegramChatRow.self, from: chat), screen: own, adopted: try screen(2))
    }
  }

  private func send(_ target: Target, _ context: EffectContext, _ telegram: TelegramClient) async -> EffectOutcome {
    do {
      let message = try await telegram.send(
        target.screen.screen, chat: target.chat.chatId, attempt: context.attempt, logger: context.bus.logger)
      return shown(target.screen, messageID: message["message_id"]?.int, takenFrom: nil)
    } catch {
      return TelegramFailure(error).outcome(of: self, to: target.chat, context)
    }
  }

  private func edit(
    _ target: Target, _ messageID: Int64, takenFrom: String?, _ context: EffectContext, _ telegram: TelegramClient
  ) async -> EffectOutcome {
    var parameters = ScreenPayload.parameters(target.screen.screen)
    parameters["chat_id"] = .int(target.chat.chatId)
    parameters["message_id"] = .int(messageID)
    do {
      _ = try await telegram.post("editMessageText", parameters, logger: context.bus.logger)
      return shown(target.screen, messageID: messageID, takenFrom: takenFrom)
    } catch {
      switch error.verdict {
      case .notModified: return shown(target.screen, messageID: messageID, takenFrom: takenFrom)
      case .messageGone: return await send(target, context, telegram)
      default: return TelegramFailure(error).outcome(of: self, to: target.chat, context)
      }
    }
  }

  private func shown(_ row: TelegramScreenRow, messageID: Int64?, takenFrom: String?) -> EffectOutcome {
    var needs = [Need.row(TelegramScreenRow.self, row.id)]
    if let takenFrom { needs.append(.row(TelegramScreenRow.self, takenFrom)) }
    return .done(needs: needs) { unit in
      guard var current = try unit.find(TelegramScreenRow.self, row.id) else { return }
      current.messageId = messageID
      current.shownSeq = max(current.shownSeq, row.lastSeq)
      current.shownHash = row.contentHash
      current.updatedAt = unit.now
      try unit.save(current)
      guard let takenFrom, var other = try unit.find(TelegramScreenRow.self, takenFrom), other.messageId == messageID
      else { return }
      other.messageId = nil
      other.shownHash = ""
      try unit.save(other)
    }
  }
}
