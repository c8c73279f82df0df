/// From a bot's or a person's words to the text that is stored: parsing, trimming, command detection, limits.
enum MessageText {
  /// - Parameters:
  ///   - parseMode: empty or `HTML`. Markdown is refused: the simulator does not know it.
  ///   - entities: used when there is no parse mode.
  ///   - isCaption: of a photo: shorter, and may be empty.
  static func make(
    _ text: String, parseMode: String?, entities: [JSON], isCaption: Bool = false
  ) throws -> FormattedText {
    var content: FormattedText
    switch (parseMode ?? "").lowercased() {
    case "", "none": content = FormattedText(text: text, entities: entities.compactMap(Entity.init))
    case "html": content = try HTMLParser.parse(text)
    default: throw BotAPIError.badRequest("unsupported parse_mode")
    }
    content = trimmed(content)
    guard isCaption || !content.text.isEmpty else { throw BotAPIError.textEmpty }
    guard content.text.utf16.count <= (isCaption ? Limits.captionUnits : Limits.textUnits) else {
      throw isCaption ? BotAPIError.captionTooLong : .textTooLong
    }
    content.entities = (content.entities + commands(in: content)).sorted {
      ($0.offset, -$0.length) < ($1.offset, -$1.length)
    }
    return content
  }

  /// Takes white space off both ends and moves the entities with it; those left without text are dropped.
  static func trimmed(_ content: FormattedText) -> FormattedText {
    let units = Array(content.text.utf16)
    func isSpace(_ unit: UInt16) -> Bool { unit == 32 || (9...13).contains(unit) }
    let start = units.firstIndex { !isSpace($0) } ?? units.count
    let end = (units.lastIndex { !isSpace($0) } ?? (start - 1)) + 1
    let kept = content.entities.compactMap { entity -> Entity? in
      guard entity.offset >= 0, entity.length > 0, entity.offset < end, entity.length <= units.count - entity.offset
      else { return nil }
      let from = max(entity.offset, start)
      let to = min(entity.end, end)
      guard from < to else { return nil }
      var moved = entity
      (moved.offset, moved.length) = (from - start, to - from)
      return moved
    }
    return FormattedText(text: String(decoding: units[start..<max(start, end)], as: UTF16.self), entities: kept)
  }

  /// `/word` or `/word@bot` at the start of the text or after white space, outside code and links.
  static func commands(in content: FormattedText) -> [Entity] {
    let units = Array(content.text.utf16)
    let taken = content.entities.filter { ["code", "pre", "text_link", "bot_command"].contains($0.type) }
    var found: [Entity] = []
    var index = 0
    while index < units.count {
      guard units[index] == 0x2F, index == 0 || units[index - 1] == 32 || (9...13).contains(units[index - 1]) else {
        index += 1
        continue
      }
      var end = index + 1
      while end < units.count, isWord(units[end]) { end += 1 }
      guard (2...33).contains(end - index) else {
        index = end
        continue
      }
      if end < units.count, units[end] == 0x40 {
        var name = end + 1
        while name < units.count, isWord(units[name]) { name += 1 }
        if name > end + 1 { end = name }
      }
      let followedByWord = end < units.count && (units[end] == 0x2F || units[end] > 127)
      if !followedByWord, !taken.contains(where: { $0.offset < end && index < $0.end }) {
        found.append(Entity("bot_command", index, end - index))
      }
      index = end
    }
    return found
  }

  private static func isWord(_ unit: UInt16) -> Bool {
    (48...57).contains(unit) || (65...90).contains(unit) || (97...122).contains(unit) || unit == 95
  }
}
