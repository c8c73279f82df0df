import BusKit
import Contracts
import Foundation
import QRCode

/// A screen as parameters of `sendMessage`, `editMessageText` and `sendPhoto`.
enum ScreenPayload {
  /// UTF-16 units without tags.
  static let captionLengthMax = 1024

  static func parameters(_ screen: Screen) -> [String: JSONValue] {
    text(screen.html).merging(keyboard(screen)) { $1 }
  }

  /// The screen's text under a photo.
  static func caption(_ screen: Screen) -> [String: JSONValue] {
    var parameters = keyboard(screen)
    parameters["caption"] = .string(screen.html.source)
    parameters["parse_mode"] = "HTML"
    return parameters
  }

  private static func keyboard(_ screen: Screen) -> [String: JSONValue] {
    guard !screen.rows.isEmpty else { return [:] }
    return ["reply_markup": ["inline_keyboard": .array(screen.rows.map { .array($0.map(button)) })]]
  }

  static func text(_ html: BotHTML) -> [String: JSONValue] {
    ["text": .string(html.source), "parse_mode": "HTML", "link_preview_options": ["is_disabled": true]]
  }

  /// The same without formatting, for when Telegram does not accept ours.
  static func plain(_ parameters: [String: JSONValue]) -> [String: JSONValue] {
    var parameters = parameters
    parameters["parse_mode"] = nil
    for name in ["text", "caption"] {
      if let html = parameters[name]?.string { parameters[name] = .string(withoutTags(html)) }
    }
    return parameters
  }

  /// The same with the fields of the Bot API's early versions only: no preview options, and no buttons that copy.
  static func basic(_ parameters: [String: JSONValue]) -> [String: JSONValue] {
    var parameters = parameters
    parameters["link_preview_options"] = nil
    if let rows = parameters["reply_markup"]?["inline_keyboard"]?.array {
      let kept = rows.map { row in (row.array ?? []).filter { $0["copy_text"] == nil } }.filter { !$0.isEmpty }
      parameters["reply_markup"] = ["inline_keyboard": .array(kept.map { .array($0) })]
    }
    return parameters
  }

  /// `Screen.check`, and what a photo's caption may be.
  static func check(_ screen: Screen) throws {
    try screen.check()
    if let qr = screen.qr { try check(qr: qr, caption: screen.html) }
  }

  private static func check(qr: String, caption: BotHTML) throws {
    guard (1...QRCode.textBytesMax).contains(qr.utf8.count) else {
      throw InvariantViolation("a QR code has \(qr.utf8.count) bytes of text; give 1 to \(QRCode.textBytesMax)")
    }
    let length = withoutTags(caption.source).utf16.count
    guard length <= captionLengthMax else {
      throw InvariantViolation("a photo's caption has \(length) characters; give at most \(captionLengthMax)")
    }
  }

  static func withoutTags(_ html: String) -> String {
    html.replacing(/<[^>]*>/, with: "").replacing("&lt;", with: "<").replacing("&gt;", with: ">")
      .replacing("&quot;", with: "\"").replacing("&amp;", with: "&")
  }

  private static func button(_ button: Screen.Button) -> JSONValue {
    let label = JSONValue.string(button.label)
    return switch button.action {
    case .data(let data): ["text": label, "callback_data": .string(data)]
    case .url(let url): ["text": label, "url": .string(url)]
    case .copy(let text): ["text": label, "copy_text": ["text": .string(text)]]
    }
  }
}
