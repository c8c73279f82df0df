import Contracts

/// One language's sentences. Plain text with `{words}` to fill in: what is a tag is decided by the screens, so no
/// table can
/// break the markup.
struct TextTable: Sendable {
  let language: Language
  private let texts: [TextKey: String]

  init(language: Language, texts: [TextKey: String]) {
    self.language = language
    self.texts = texts
  }

  static func of(_ language: Language) -> TextTable {
    switch language {
    case .en: english
    case .zh: chinese
    }
  }

  func has(_ key: TextKey) -> Bool { texts[key]?.isEmpty == false }

  /// The sentence as written, with its `{words}`. A key that the language lacks is shown in English.
  func template(_ key: TextKey) -> String { texts[key] ?? Self.english.texts[key] ?? key.rawValue }

  /// For button labels.
  func plain(_ key: TextKey, _ values: [String: String] = [:]) -> String {
    Self.pieces(template(key)).map { piece in
      switch piece {
      case .text(let text): text
      case .word(let word): values[word] ?? ""
      }
    }.joined()
  }

  func html(_ key: TextKey, _ values: [String: BotHTML] = [:]) -> BotHTML {
    Self.pieces(template(key)).reduce(BotHTML(text: "")) { sum, piece in
      switch piece {
      case .text(let text): sum + BotHTML(text: text)
      case .word(let word): sum + (values[word] ?? BotHTML(text: ""))
      }
    }
  }

  /// The `{words}` of a sentence.
  func words(_ key: TextKey) -> Set<String> {
    Set(
      Self.pieces(template(key)).compactMap { piece in
        if case .word(let word) = piece { word } else { nil }
      })
  }

  private enum Piece {
    case text(String), word(String)
  }

  private static func pieces(_ template: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = Substring(template)
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      pieces.append(.text(String(rest[..<open])))
      pieces.append(.word(String(rest[rest.index(after: open)..<close])))
      rest = rest[rest.index(after: close)...]
    }
    return pieces + [.text(String(rest))]
  }
}
