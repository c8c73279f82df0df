import BusKit
import Contracts
import Postgres

/// Sends a message of its own to a customer's chat. One whose outcome stays unknown may appear twice.
struct SendNotice: Effect {
  static let kind = "SendNotice"
  static let policy = DeliverScreen.policy
  let customer: CustomerID
  let html: BotHTML
  var orderKey: String { customer.text }

  func run(_ context: EffectContext, telegram: TelegramClient) async throws -> EffectOutcome {
    let customer = self.customer
    let chat = try await context.bus.read { session in
      try session.execute("select * from telegram_chats where id = $1", [.text(customer.text)]).rows.first
        .map { try PostgresRowDecoder().decode(TelegramChatRow.self, from: $0) }
    }
    guard let chat, chat.isReachable else { return .done() }
    var parameters = ScreenPayload.text(html)
    parameters["chat_id"] = .int(chat.chatId)
    do {
      _ = try await telegram.post("sendMessage", parameters, logger: context.bus.logger)
      return .done()
    } catch {
      return TelegramFailure(error).outcome(of: self, to: chat, context)
    }
  }
}
