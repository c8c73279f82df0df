/// A language the bot speaks. A new one needs a case here and a `TextTable`; a test finds what it lacks.
enum Language: String, Codable, Sendable, CaseIterable {
  case en, zh

  /// Telegram's language code: `zh-hans`, `zh-TW`, `en-GB`. English for everything that is not spoken here.
  init(telegramCode: String) {
    self = Self.allCases.first { telegramCode.lowercased().hasPrefix($0.rawValue) } ?? .en
  }

  /// What speakers of the language call it.
  var nativeName: String {
    switch self {
    case .en: "English"
    case .zh: "中文"
    }
  }
}
