/// A formatted range of a message. Offsets and lengths are UTF-16 code units, as everywhere in the Bot API.
struct Entity: Codable, Sendable, Equatable {
  var type: String
  var offset: Int
  var length: Int
  var url: String?
  var language: String?
  var customEmojiID: String?
  var unixTime: Int?
  var timeFormat: String?

  var end: Int { offset + length }

  init(_ type: String, _ offset: Int, _ length: Int, url: String? = nil, language: String? = nil) {
    self.type = type
    self.offset = offset
    self.length = length
    self.url = url
    self.language = language
  }

  /// Reads one element of the `entities` parameter; nil when it has no type or no range.
  init?(_ json: JSON) {
    guard let type = json["type"]?.text, let offset = json["offset"]?.int, let length = json["length"]?.int else {
      return nil
    }
    self.init(type, offset, length, url: json["url"]?.text, language: json["language"]?.text)
    customEmojiID = json["custom_emoji_id"]?.text
    unixTime = json["unix_time"]?.int
    timeFormat = json["date_time_format"]?.text
  }

  var json: JSON {
    .object(compact: [
      "type": .string(type), "offset": .integer(offset), "length": .integer(length), "url": url.map(JSON.string),
      "language": language.map(JSON.string), "custom_emoji_id": customEmojiID.map(JSON.string),
      "unix_time": unixTime.map(JSON.integer), "date_time_format": timeFormat.map(JSON.string),
    ])
  }
}

/// Text with its formatting.
struct FormattedText: Codable, Sendable, Equatable {
  var text: String
  var entities: [Entity] = []
}
