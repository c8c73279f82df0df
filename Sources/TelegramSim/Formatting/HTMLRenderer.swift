/// Formatted text as safe HTML for the chat page: all text is escaped, links keep only allowed schemes, and tags are
/// balanced whatever the entities claim.
enum HTMLRenderer {
  static func render(_ content: FormattedText) -> String {
    let units = Array(content.text.utf16)
    let entities = content.entities.enumerated()
      .filter { $0.element.offset >= 0 && $0.element.length > 0 && $0.element.end <= units.count }
      .filter { tags($0.element, units) != nil }
    var marks = Set([0, units.count])
    for (_, entity) in entities { marks.formUnion([entity.offset, entity.end]) }
    let bounds = marks.sorted()

    var html = ""
    var open: [(index: Int, entity: Entity)] = []
    for (position, bound) in bounds.enumerated() {
      // Close what ends here; what was opened inside it and goes on is closed with it and opened again below.
      if let first = open.firstIndex(where: { $0.entity.end <= bound }) {
        for (_, entity) in open[first...].reversed() { html += tags(entity, units)?.close ?? "" }
        open.removeSubrange(first...)
      }
      guard position + 1 < bounds.count else { break }
      let covering = entities.filter { $0.element.offset <= bound && bound < $0.element.end }
        .sorted {
          ($0.element.offset, -$0.element.length, $0.offset) < ($1.element.offset, -$1.element.length, $1.offset)
        }
      for (index, entity) in covering where !open.contains(where: { $0.index == index }) {
        html += tags(entity, units)?.open ?? ""
        open.append((index, entity))
      }
      html += escape(String(decoding: units[bound..<bounds[position + 1]], as: UTF16.self))
    }
    return html
  }

  static func escape(_ text: String) -> String {
    var escaped = ""
    escaped.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  /// The tags of an entity; nil for kinds that a page does not show.
  private static func tags(_ entity: Entity, _ units: [UInt16]) -> (open: String, close: String)? {
    switch entity.type {
    case "bold": return ("<b>", "</b>")
    case "italic": return ("<i>", "</i>")
    case "underline": return ("<u>", "</u>")
    case "strikethrough": return ("<s>", "</s>")
    case "spoiler": return ("<span class=\"spoiler\">", "</span>")
    case "code": return ("<code>", "</code>")
    case "pre": return ("<pre>", "</pre>")
    case "blockquote", "expandable_blockquote": return ("<blockquote>", "</blockquote>")
    case "bot_command":
      let command = String(decoding: units[entity.offset..<entity.end], as: UTF16.self)
      return ("<a class=\"command\" data-command=\"\(escape(command))\">", "</a>")
    case "text_link":
      guard let url = entity.url.flatMap(LinkURL.normalised) else { return nil }
      return ("<a href=\"\(escape(url))\" target=\"_blank\" rel=\"noopener noreferrer\">", "</a>")
    case "date_time":
      guard let unix = entity.unixTime else { return nil }
      return ("<time data-unix=\"\(unix)\" data-format=\"\(escape(entity.timeFormat ?? ""))\">", "</time>")
    default: return nil
    }
  }
}
