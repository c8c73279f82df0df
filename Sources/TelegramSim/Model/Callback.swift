/// A button press that waits for `answerCallbackQuery`.
struct Callback: Codable, Sendable, Equatable {
  var id: String
  var chatID: Int
  /// Unix seconds.
  var pressedAt: Double
}
