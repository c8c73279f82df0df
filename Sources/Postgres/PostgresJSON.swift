import Foundation

/// How structured values stand in jsonb columns: keys sorted, dates as ISO 8601 with microseconds, bytes as base64.
enum PostgresJSON {
  // Made once: they are only read, and each call works on a copy of their settings.
  private static let encoder = makeEncoder()
  private static let decoder = makeDecoder()

  static func text(_ value: some Encodable) throws -> String {
    String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func value<T: Decodable>(_ type: T.Type, from text: UnsafeRawBufferPointer) throws -> T {
    try decoder.decode(type, from: Data(text))
  }

  private static func makeEncoder() -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .custom { date, encoder in
      var container = encoder.singleValueContainer()
      try container.encode(try PostgresTimestamp.iso(date))
    }
    return encoder
  }

  private static func makeDecoder() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .custom { decoder in
      let container = try decoder.singleValueContainer()
      guard let date = PostgresTimestamp.date(try container.decode(String.self)) else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "This is not an ISO 8601 date.")
      }
      return date
    }
    return decoder
  }
}
