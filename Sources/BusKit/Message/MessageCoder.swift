import Foundation

/// Bodies are JSON with sorted keys, dates as ISO 8601 with milliseconds: readable with `redis-cli XRANGE`, the same
/// bytes for the same value.
public enum MessageCoder {
  public static func encode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .custom { date, encoder in
      var container = encoder.singleValueContainer()
      try container.encode(timestamp(date))
    }
    return [UInt8](try encoder.encode(value))
  }

  public static func decode<T: Decodable>(_ type: T.Type, from body: [UInt8]) throws -> T {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .custom { decoder in
      let text = try decoder.singleValueContainer().decode(String.self)
      guard let date = date(text) else { throw DecodingFailure(field: "date", value: text) }
      return date
    }
    do {
      return try decoder.decode(type, from: Data(body))
    } catch let failure as DecodingFailure {
      throw failure
    } catch {
      throw DecodingFailure(field: "body of \(type)", value: "\(error)")
    }
  }

  /// `2026-01-31T12:00:00.123Z`
  public static func timestamp(_ date: Date) -> String {
    // Formatting cuts what is below a millisecond, and a binary fraction is often a hair below: round first.
    let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
    return Date(timeIntervalSince1970: (milliseconds + 0.25) / 1000)
      .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }

  public static func date(_ text: String) -> Date? {
    if let date = try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)) { return date }
    return try? Date(text, strategy: .iso8601)
  }
}
