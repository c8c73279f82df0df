import Contracts

/// The texts of alerts. A new language needs a case here, and the compiler finds every text it lacks.
enum AlertText {
  enum Language: String, Sendable, CaseIterable {
    case en, zh

    /// English for a language that alerts do not speak.
    init(code: String) { self = Self(rawValue: code) ?? .en }
  }

  static func poolEnergy(
    _ state: ThresholdAlert.State, available: Int64, threshold: Int64, _ language: Language
  ) -> BotHTML {
    let available = BotHTML.bold(grouped(available))
    let threshold = grouped(threshold)
    return switch (state, language) {
    case (.firing, .en):
      "🔴 \(BotHTML.bold("Pool energy is low"))\n\(available) energy can be lent; the threshold is \(threshold)."
    case (.firing, .zh):
      "🔴 \(BotHTML.bold("能量池不足"))\n可租能量 \(available)，阈值 \(threshold)。"
    case (.resolved, .en):
      "🟢 \(BotHTML.bold("Pool energy has recovered"))\n\(available) energy can be lent; the threshold is \(threshold)."
    case (.resolved, .zh):
      "🟢 \(BotHTML.bold("能量池已恢复"))\n可租能量 \(available)，阈值 \(threshold)。"
    }
  }

  /// `1,234,567`, independent of the machine's locale.
  static func grouped(_ value: Int64) -> String {
    var text = ""
    let digits = Array(String(value.magnitude))
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
      text.append(digit)
    }
    return (value < 0 ? "-" : "") + text
  }
}
