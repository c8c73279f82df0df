/// Checks of `reply_markup`.
enum InlineKeyboard {
  private static let actions = [
    "url", "callback_data", "web_app", "login_url", "switch_inline_query", "switch_inline_query_current_chat",
    "switch_inline_query_chosen_chat", "callback_game", "copy_text", "pay",
  ]

  /// The inline keyboard in `markup`, validated; nil when it has none (no markup, an empty keyboard, or another kind of
  /// reply markup, which is accepted and not shown).
  static func validated(_ markup: JSON?) throws -> JSON? {
    guard let markup, markup != .null, markup != "" else { return nil }
    guard case .object(let fields) = markup else { throw BotAPIError.badRequest("object expected as reply markup") }
    guard let rows = fields["inline_keyboard"] else { return nil }
    guard let rows = rows.items else {
      throw BotAPIError.badRequest("field \"inline_keyboard\" must be of type Array")
    }
    var kept: [JSON] = []
    var count = 0
    for row in rows {
      guard let buttons = row.items else {
        throw BotAPIError.badRequest("field \"inline_keyboard\" must be an Array of Arrays")
      }
      for button in buttons { try check(button) }
      count += buttons.count
      if !buttons.isEmpty { kept.append(row) }
    }
    guard count <= Limits.keyboardButtons else { throw BotAPIError.markupTooLong }
    return kept.isEmpty ? nil : ["inline_keyboard": .array(kept)]
  }

  private static func check(_ button: JSON) throws {
    func refused(_ why: String) -> BotAPIError { .badRequest("can't parse inline keyboard button: \(why)") }
    guard let fields = button.fields else { throw refused("InlineKeyboardButton must be an Object") }
    guard let text = fields["text"]?.text, !text.isEmpty else { throw refused("Field \"text\" must not be empty") }
    guard actions.contains(where: { fields[$0] != nil }) else {
      throw refused("Text buttons are unallowed in the inline keyboard")
    }
    if let data = fields["callback_data"] {
      guard let data = data.text, (1...Limits.callbackDataBytes).contains(data.utf8.count) else {
        throw BotAPIError.buttonData
      }
    }
    if let url = fields["url"] {
      guard let link = url.text, LinkURL.normalised(link) != nil else {
        throw BotAPIError.badRequest("inline keyboard button URL '\(url.text ?? "")' is invalid: Wrong HTTP URL")
      }
    }
    if let copy = fields["copy_text"] {
      guard let text = copy["text"]?.text, (1...Limits.copyTextCharacters).contains(text.count) else {
        throw BotAPIError.badRequest("BUTTON_COPY_TEXT_INVALID")
      }
    }
  }
}
