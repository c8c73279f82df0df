/// Telegram's HTML dialect turned into text and entities, with Telegram's error texts (td: `parse_html`).
///
/// Works on bytes, because Telegram reports byte offsets; lengths of entities are counted in UTF-16 units.
struct HTMLParser {
  private struct OpenTag {
    var name: String
    var argument: Argument
    var offset: Int
    var byteOffset: Int
  }

  private enum Argument {
    case none
    case url(String?)
    case language(String)
    case emoji(String)
    case time(Int, String?)
    case expandable
  }

  private static let types: [String: String] = [
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "span": "spoiler",
    "tg-spoiler": "spoiler", "a": "text_link", "tg-emoji": "custom_emoji", "tg-time": "date_time", "code": "code",
    "pre": "pre", "blockquote": "blockquote",
  ]

  private let bytes: [UInt8]
  private var position = 0
  private var output: [UInt8] = []
  private var units = 0
  private var open: [OpenTag] = []
  private var entities: [Entity] = []

  private init(_ html: String) { bytes = Array(html.utf8) }

  /// Parses `html`; throws `BotAPIError` 400 `can't parse entities: …`.
  static func parse(_ html: String) throws -> FormattedText {
    var parser = HTMLParser(html)
    try parser.run()
    return FormattedText(text: String(decoding: parser.output, as: UTF8.self), entities: parser.ordered())
  }

  private mutating func run() throws {
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "&"): appendReference()
      case UInt8(ascii: "<"):
        let start = position
        position += 1
        if position < bytes.count, bytes[position] == UInt8(ascii: "/") {
          position += 1
          try endTag(at: start)
        } else {
          try startTag(at: start)
        }
      default:
        append(bytes[position])
        position += 1
      }
    }
    if let left = open.last { throw error("Can't find end tag corresponding to start tag \"\(left.name)\"") }
  }

  /// One UTF-16 unit per UTF-8 lead byte, two when the character needs four bytes.
  private mutating func append(_ byte: UInt8) {
    output.append(byte)
    if byte & 0xC0 != 0x80 { units += byte >= 0xF0 ? 2 : 1 }
  }

  private mutating func append(_ scalar: Unicode.Scalar) {
    for byte in String(scalar).utf8 { append(byte) }
  }

  /// `&lt;`, `&gt;`, `&amp;`, `&quot;` and numeric references; anything else is a plain ampersand.
  private mutating func appendReference() {
    if let (scalar, end) = HTMLReference.read(bytes, at: position) {
      append(scalar)
      position = end
    } else {
      append(bytes[position])
      position += 1
    }
  }

  private mutating func startTag(at start: Int) throws {
    let name = readName { $0 != UInt8(ascii: ">") && !$0.isHTMLSpace }
    guard position < bytes.count else { throw error("Unclosed start tag at byte offset \(start)") }
    guard Self.types[name] != nil else {
      throw error("Unsupported start tag \"\(name)\" at byte offset \(start)")
    }
    let attributes = try readAttributes(tag: name, at: start)
    open.append(
      OpenTag(name: name, argument: try argument(of: name, attributes, at: start), offset: units, byteOffset: start))
  }

  private func argument(of name: String, _ attributes: [String: String], at start: Int) throws -> Argument {
    switch name {
    case "a": return .url(attributes["href"])
    case "code":
      guard let value = attributes["class"], value.hasPrefix("language-") else { return .none }
      return .language(String(value.dropFirst("language-".count)))
    case "span":
      guard attributes["class"] == "tg-spoiler" else {
        throw error("Tag \"span\" must have class \"tg-spoiler\" at byte offset \(start)")
      }
      return .none
    case "tg-emoji": return .emoji(attributes["emoji-id"] ?? "")
    case "tg-time":
      guard let unix = attributes["unix"].flatMap({ Int($0) }) else {
        throw error("Tag \"tg-time\" must have a valid \"unix\" attribute at byte offset \(start)")
      }
      return .time(unix, attributes["format"])
    case "blockquote": return attributes["expandable"] != nil ? .expandable : .none
    default: return .none
    }
  }

  private mutating func readName(while accept: (UInt8) -> Bool) -> String {
    let start = position
    while position < bytes.count, accept(bytes[position]) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self).lowercased()
  }

  private mutating func skipSpace() {
    while position < bytes.count, bytes[position].isHTMLSpace { position += 1 }
  }

  private mutating func readAttributes(tag: String, at start: Int) throws -> [String: String] {
    var attributes: [String: String] = [:]
    while true {
      skipSpace()
      guard position < bytes.count else { throw error("Unclosed start tag at byte offset \(start)") }
      if bytes[position] == UInt8(ascii: ">") {
        position += 1
        return attributes
      }
      let name = readName { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: ">") && !$0.isHTMLSpace }
      guard !name.isEmpty else {
        throw error("Empty attribute name in the tag \"\(tag)\" at byte offset \(start)")
      }
      skipSpace()
      guard position < bytes.count, bytes[position] == UInt8(ascii: "=") else {
        attributes[name] = ""
        continue
      }
      position += 1
      skipSpace()
      attributes[name] = try readValue(tag: tag, at: start)
    }
  }

  private mutating func readValue(tag: String, at start: Int) throws -> String {
    guard position < bytes.count else { throw error("Unclosed start tag \"\(tag)\" at byte offset \(start)") }
    let quote = bytes[position]
    let quoted = quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
    if quoted { position += 1 }
    var value: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      if quoted ? byte == quote : byte == UInt8(ascii: ">") || byte.isHTMLSpace { break }
      if let (scalar, end) = HTMLReference.read(bytes, at: position) {
        value.append(contentsOf: String(scalar).utf8)
        position = end
      } else {
        value.append(byte)
        position += 1
      }
    }
    if quoted {
      guard position < bytes.count else { throw error("Unclosed start tag at byte offset \(start)") }
      position += 1
    }
    return String(decoding: value, as: UTF8.self)
  }

  private mutating func endTag(at start: Int) throws {
    let name = readName { $0 != UInt8(ascii: ">") }.filter { !$0.isWhitespace }
    guard position < bytes.count else { throw error("Unclosed end tag at byte offset \(start)") }
    position += 1
    guard let tag = open.popLast() else { throw error("Unexpected end tag at byte offset \(start)") }
    guard name.isEmpty || name == tag.name else {
      throw error(
        "Unmatched end tag at byte offset \(start), expected \"</\(tag.name)>\", found \"</\(name)>\"")
    }
    if units > tag.offset { close(tag) }
  }

  private mutating func close(_ tag: OpenTag) {
    var entity = Entity(Self.types[tag.name] ?? tag.name, tag.offset, units - tag.offset)
    switch tag.argument {
    case .none: break
    case .url(let href):
      let shown = Array(String(decoding: output, as: UTF8.self).utf16)[tag.offset..<units]
      guard let url = LinkURL.normalised(href ?? String(decoding: shown, as: UTF16.self)) else { return }
      entity.url = url
    case .language(let language): entity.language = language
    case .emoji(let id): entity.customEmojiID = id
    case .time(let unix, let format): (entity.unixTime, entity.timeFormat) = (unix, format)
    case .expandable: entity.type = "expandable_blockquote"
    }
    if tag.name == "pre", let last = entities.last, last.type == "code", last.offset == entity.offset,
      last.length == entity.length
    {
      // <pre><code class="language-x"> is one code block with a language.
      entities.removeLast()
      entity.language = last.language
    }
    entities.append(entity)
  }

  /// Outer before inner. Code holds no other formatting, and only `pre` keeps a language.
  private func ordered() -> [Entity] {
    let code = entities.filter { $0.type == "code" || $0.type == "pre" }
    return entities.filter { entity in
      !code.contains { $0 != entity && $0.offset <= entity.offset && entity.end <= $0.end }
    }
    .map { entity in
      var entity = entity
      if entity.type == "code" { entity.language = nil }
      return entity
    }
    .sorted { ($0.offset, -$0.length, $0.type) < ($1.offset, -$1.length, $1.type) }
  }

  private func error(_ what: String) -> BotAPIError { .badRequest("can't parse entities: \(what)") }
}

extension UInt8 {
  fileprivate var isHTMLSpace: Bool { self == 32 || (9...13).contains(self) }
}
