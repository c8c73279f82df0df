/// The bot's answer to a button press, shown as a passing note or an alert. An empty text only ends the spinner.
struct Toast: Codable, Sendable, Equatable {
  var callbackID: String
  var text: String
  var showAlert: Bool
  var url: String?
  var version: Int

  var view: JSON {
    .object(compact: [
      "callback_id": .string(callbackID), "text": .string(text), "show_alert": .bool(showAlert),
      "url": url.map(JSON.string), "version": .integer(version),
    ])
  }
}
