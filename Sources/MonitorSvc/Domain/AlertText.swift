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

  /// Said to any customer who subscribes: no wallet, no receiver, no order.
  static func series(_ series: Incident.Series, _ state: ThresholdAlert.State, _ language: Language) -> BotHTML {
    switch (series, state, language) {
    case (.lateReclaims, .firing, .en):
      "🔴 \(BotHTML.bold("Energy is late in coming back"))\nA rental has ended and its stake is still lent."
    case (.lateReclaims, .firing, .zh):
      "🔴 \(BotHTML.bold("能量回收延迟"))\n有租赁已到期，其质押仍未收回。"
    case (.lateReclaims, .resolved, .en):
      "🟢 \(BotHTML.bold("All energy has come back"))\nNo ended rental's stake is lent any more."
    case (.lateReclaims, .resolved, .zh):
      "🟢 \(BotHTML.bold("能量已全部回收"))\n所有到期租赁的质押均已收回。"
    case (.strays, .firing, .en):
      "🔴 \(BotHTML.bold("A delegation took effect late"))\nIts stake is lent beside the rentals."
    case (.strays, .firing, .zh):
      "🔴 \(BotHTML.bold("有委托意外生效"))\n其质押在租赁之外被占用，由运营人员收回。"
    case (.strays, .resolved, .en):
      "🟢 \(BotHTML.bold("No delegation is left over"))\nWhat was lent beside the rentals is being taken back."
    case (.strays, .resolved, .zh):
      "🟢 \(BotHTML.bold("意外委托已处理"))\n租赁之外占用的质押正在收回。"
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
