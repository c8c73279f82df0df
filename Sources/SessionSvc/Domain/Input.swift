import Contracts

/// What a customer did, understood.
enum Input: Sendable, Equatable {
  case command(Command, argument: String)
  /// A slash command that does not exist.
  case unknownCommand
  case text(String)
  case button(ButtonData)
  /// A button of another version, or data that was never ours.
  case unknownButton

  enum Command: String, Sendable, CaseIterable {
    case start, menu, help, cancel, language, orders, balance, deposit, addresses, rent, alerts
  }

  /// Longer texts are cut: nothing that is expected has more code points.
  private static let textMax = 256

  /// - Parameter isLate: the press was on its way for longer than a person waits. A late Confirm moves no money: it is
  ///   taken for a button of an old screen.
  init(_ kind: UserInput.Kind, isLate: Bool = false) {
    switch kind {
    case .button(let data):
      let button = ButtonData(data)
      if isLate, case .confirm = button {
        self = .unknownButton
      } else {
        self = button.map(Input.button) ?? .unknownButton
      }
    case .text(let text):
      let trimmed = text.cut(to: Self.textMax).trimmingWhitespace()
      self = trimmed.hasPrefix("/") ? Self.command(in: trimmed) : .text(trimmed)
    }
  }

  /// `/Command`, `/command@bot argument`: any case, the bot's name ignored.
  private static func command(in text: String) -> Input {
    let words = text.dropFirst().split(maxSplits: 1, whereSeparator: \.isWhitespace)
    let name = words.first.flatMap { $0.split(separator: "@").first }.map { $0.lowercased() } ?? ""
    guard let command = Command(rawValue: name) else { return .unknownCommand }
    return .command(command, argument: words.count > 1 ? String(words[1]).trimmingWhitespace() : "")
  }
}

extension String {
  /// Its first so many code points. Characters would be no limit: one of them may have thousands.
  func cut(to count: Int) -> String { String(unicodeScalars.prefix(count)) }

  func trimmingWhitespace() -> String {
    guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
    else { return "" }
    return String(self[first...last])
  }
}
