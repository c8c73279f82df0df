import Foundation

/// Which links a message may carry.
enum LinkURL {
  private static let schemes: Set<String> = ["http", "https", "tg", "ton", "mailto", "tel"]

  /// The link as Telegram stores it: `http://` is put before a bare host. nil when it is no link that may be opened, so
  /// `javascript:` and the like never reach a page.
  static func normalised(_ text: String) -> String? {
    let trimmed = text.trimmingCharacters(in: .whitespacesAndNewlines)
    guard !trimmed.isEmpty, trimmed.utf8.count <= 2048, !trimmed.contains(where: \.isWhitespace) else { return nil }
    if let scheme = URLComponents(string: trimmed)?.scheme?.lowercased(), !scheme.contains(".") {
      return schemes.contains(scheme) ? trimmed : nil
    }
    guard trimmed.contains("."), URLComponents(string: "http://\(trimmed)")?.host != nil else { return nil }
    return "http://\(trimmed)"
  }
}
