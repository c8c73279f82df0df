/// Every limit of the simulator. Telegram's own where Telegram has one (source: Bot API documentation and
/// tdlib/telegram-bot-api); the rest keep memory and disk bounded.
enum Limits {
  // Telegram's.
  static let textUnits = 4096
  static let captionUnits = 1024
  /// Of both sides together.
  static let photoPixels = 10_000
  static let photoRatio = 20
  static let callbackDataBytes = 64
  static let toastCharacters = 200
  static let copyTextCharacters = 256
  static let keyboardButtons = 100
  static let commands = 100
  static let pollSeconds = 50
  static let pollUpdates = 100
  static let updateAgeSeconds: Double = 24 * 3600
  static let secretTokenLength = 256

  // The simulator's.
  /// Telegram publishes no number for how long a callback query may be answered.
  static let callbackAgeSeconds: Double = 60
  static let bodyBytes = 1 << 20
  static let files = 200
  static let filesBytes = 16 << 20
  static let people = 10_000
  static let bots = 20
  /// An order in Telegram leaves about ten: some hours of a busy customer.
  static let messagesPerDialog = 5000
  static let deletionsPerDialog = 1000
  static let toastsPerDialog = 100
  static let updatesPerBot = 10_000
  static let updateHistory = 1000
  static let callbacksPerBot = 10_000
  static let commandListsPerBot = 200
  static let faults = 100
  /// A minute and a half at 50 calls a second.
  static let journalledCalls = 5000
  static let journalledPolls = 100
  static let journalTextCharacters = 5000
  static let waitSeconds = 50
  /// Bytes of events after which the log on disk is replaced by a snapshot, or as many as the last snapshot has when
  /// that is more: so a large state is not written again and again.
  static let logBytes = 32 << 20
  /// Seconds after which a connection without a request is closed. Longer than clients keep theirs.
  static let idleSeconds: Int64 = 75
}
