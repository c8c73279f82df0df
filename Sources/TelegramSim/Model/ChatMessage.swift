/// A message of a private chat, as kept by the simulator.
struct ChatMessage: Codable, Sendable, Equatable {
  var id: Int
  var fromBot: Bool
  /// The text, or the caption of a photo, which may be empty.
  var content: FormattedText
  var photo: Photo?
  /// Unix seconds.
  var date: Int
  var editDate: Int?
  /// `InlineKeyboardMarkup` under the message; other kinds of reply markup are accepted and not kept.
  var keyboard: JSON?
  /// Version of the dialog at which this message last changed.
  var version: Int

  /// The Bot API's `Message`.
  func json(bot: JSON, person: Person) -> JSON {
    .object(compact: [
      "message_id": .integer(id), "from": fromBot ? bot : person.user, "chat": person.chat, "date": .integer(date),
      "edit_date": editDate.map(JSON.integer), "photo": photo.map { [$0.json] },
      photo == nil ? "text" : "caption": photo != nil && content.text.isEmpty ? nil : .string(content.text),
      photo == nil ? "entities" : "caption_entities": entities, "reply_markup": keyboard,
    ])
  }

  private var entities: JSON? { content.entities.isEmpty ? nil : .array(content.entities.map(\.json)) }

  /// What the chat page and automated tests get.
  var view: JSON {
    .object(compact: [
      "message_id": .integer(id), "from": fromBot ? "bot" : "user", "text": .string(content.text),
      "photo": photo?.view, "html": .string(HTMLRenderer.render(content)),
      "entities": .array(content.entities.map(\.json)),
      "date": .integer(date), "edit_date": editDate.map(JSON.integer), "reply_markup": keyboard,
      "version": .integer(version),
    ])
  }
}
