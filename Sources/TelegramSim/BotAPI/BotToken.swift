/// What the simulator keeps of a token: the number before the colon, which is the bot's id.
enum BotToken {
  /// The bot's id when `text` has the form `\d+:[A-Za-z0-9_-]{10,}`, else nil.
  static func botID(_ text: Substring) -> Int? {
    guard let match = text.wholeMatch(of: /([0-9]{1,15}):[A-Za-z0-9_-]{10,200}/), let id = Int(match.1), id > 0 else {
      return nil
    }
    return id
  }
}
