import Foundation
import TestKit
import Testing

@testable import BusKit

/// BusKit's coder beside Foundation's, which it replaces: the same bytes out, the same values in, the same refusals.
struct JSONDifferentialTests {
  private func foundationEncode(_ value: some Encodable) throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .custom { date, encoder in
      let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
      var container = encoder.singleValueContainer()
      try container.encode(
        Date(timeIntervalSince1970: (milliseconds + 0.25) / 1000)
          .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    }
    return [UInt8](try encoder.encode(value))
  }

  private func foundationDecode<T: Decodable>(_ type: T.Type, _ body: [UInt8]) throws -> T {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .custom { decoder in
      let text = try decoder.singleValueContainer().decode(String.self)
      if let date = try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: true)) { return date }
      return try Date(text, strategy: .iso8601)
    }
    return try decoder.decode(type, from: Data(body))
  }

  private func compare<S: RandomShape>(_ type: S.Type, seed: UInt64, count: Int) throws {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<count {
      let value = S(using: &random)
      let body = try MessageCoder.encode(value)
      let expected = try foundationEncode(value)
      try #require(String(decoding: body, as: UTF8.self) == String(decoding: expected, as: UTF8.self))
      let back = try MessageCoder.decode(S.self, from: body)
      let expectedBack = try foundationDecode(S.self, body)
      try #require(back == expectedBack)
      let again = try MessageCoder.encode(back)
      try #require(again == body)
    }
  }

  @Test(arguments: 1...4 as ClosedRange<UInt64>)
  func scalarsAreTheSame(seed: UInt64) throws { try compare(ScalarShape.self, seed: seed, count: 300) }

  @Test(arguments: 5...8 as ClosedRange<UInt64>)
  func choicesAreTheSame(seed: UInt64) throws { try compare(ChoiceShape.self, seed: seed, count: 500) }

  @Test(arguments: 9...12 as ClosedRange<UInt64>)
  func treesAreTheSame(seed: UInt64) throws { try compare(TreeShape.self, seed: seed, count: 100) }

  /// A byte of a good body is changed, removed or doubled: whatever BusKit reads, Foundation reads to the same value.
  /// The other way round Foundation reads more, because it does not look at what nobody asks for.
  @Test(arguments: 13...16 as ClosedRange<UInt64>)
  func whatIsReadOfADamagedBodyIsWhatFoundationReads(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var (read, refused) = (0, 0)
    for _ in 0..<600 {
      var body = try MessageCoder.encode(TreeShape(using: &random))
      let place = Int.random(in: 0..<body.count, using: &random)
      switch Int.random(in: 0...3, using: &random) {
      case 0: body[place] = .random(in: 0...255, using: &random)
      case 1: body.remove(at: place)
      case 2: body.insert(body[place], at: place)
      default: body[place] = Array(#"0-+.eE"\{}[],: ntf"#.utf8).randomElement(using: &random)!
      }
      guard let value = try? MessageCoder.decode(TreeShape.self, from: body) else {
        refused += 1
        continue
      }
      read += 1
      let expected = try foundationDecode(TreeShape.self, body)
      try #require(value == expected)
    }
    #expect(read > 20 && refused > 20)
  }

  /// Cut anywhere, a body is refused by both.
  @Test func noBeginningOfABodyIsABody() throws {
    var random = SeededGenerator(seed: 17)
    let body = try MessageCoder.encode(ScalarShape(using: &random))
    for length in 0..<body.count {
      let part = Array(body[..<length])
      #expect(throws: DecodingFailure.self) { try MessageCoder.decode(ScalarShape.self, from: part) }
      #expect(throws: (any Error).self) { try foundationDecode(ScalarShape.self, part) }
    }
  }

  /// Numbers as they may be written, read as each type by both.
  @Test(arguments: [
    "0", "-0", "1", "-1", "1.0", "1.5", "1e2", "1E+2", "10e-1", "15e-1", "-0.0", "127", "128", "255", "256", "-128",
    "-129", "9007199254740993", "9007199254740993.0", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "-9223372036854775809", "18446744073709551615", "18446744073709551616", "1e18", "1e19",
    "1e20", "1e400", "-1e400", "0e-400", "1e99999999999999999999", "0.1", "123456789.123456789",
    "2.2250738585072011e-308", "4.9e-324", "1.7976931348623157e308", "0.30000000000000004", "8.5e-1", "3.4e39",
  ])
  func aNumberIsReadAlike(_ text: String) throws {
    try numbers(text, Int.self, Int8.self, Int64.self, UInt8.self, UInt64.self, Double.self, Float.self, Decimal.self)
  }

  private func numbers<each T: Decodable & Equatable & SendableMetatype>(
    _ text: String, _ types: repeat (each T).Type
  ) throws {
    func compare<N: Decodable & Equatable>(_ type: N.Type) throws {
      let body = Array("[\(text)]".utf8)
      let ours = try? MessageCoder.decode([N].self, from: body)
      let expected = try? foundationDecode([N].self, body)
      #expect(ours == expected, "\(text) as \(type)")
    }
    repeat try compare(each types)
  }

  @Test(arguments: [
    "2026-01-31T12:00:00.123Z", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.1Z", "2026-01-31T12:00:00.123456Z",
    "2026-02-30T12:00:00.123Z", "2024-02-29T23:59:59.999Z", "2026-01-31T24:00:00.000Z", "2026-13-01T00:00:00.000Z",
    "2026-01-31T12:00:00.123+01:00", "2026-01-31 12:00:00.000Z", "1582-10-04T00:00:00.000Z",
    "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "1583-01-01T00:00:00.000Z", "2026-0a-31T12:00:00.123Z",
    "2026-01-31T12:00:00,123Z", "2026-01-31T12:00:60.000Z", "", "soon",
  ])
  func aDateIsReadAlike(_ text: String) throws {
    let body = Array("[\"\(text)\"]".utf8)
    let expected = try? foundationDecode([Date].self, body)
    #expect((try? MessageCoder.decode([Date].self, from: body)) == expected)
  }
}
