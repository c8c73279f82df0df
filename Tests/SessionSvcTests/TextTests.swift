import Contracts
import Foundation
import Testing
import TronKit

@testable import SessionSvc

@Suite struct TextTests {
  @Test("every key has a text in every language, with the same words to fill in", arguments: Language.allCases)
  func tablesAreComplete(language: Language) {
    let table = TextTable.of(language)
    #expect(table.language == language)
    for key in TextKey.allCases {
      #expect(table.has(key), "\(language.rawValue) lacks \(key.rawValue)")
      #expect(table.words(key) == TextTable.english.words(key), "\(language.rawValue): \(key.rawValue)")
    }
  }

  @Test("a value filled in is escaped, a template is never markup")
  func escaping() {
    let html = TextTable.english.html(.badAddress, ["value": .code("<b>&")])
    #expect(html.source == "“<code>&lt;b&gt;&amp;</code>” is not a TRON address.")
  }

  @Test("a language code picks the language", arguments: [
    ("zh-hans", Language.zh), ("zh", .zh), ("ZH-TW", .zh), ("en-GB", .en), ("de", .en), ("", .en),
  ])
  func languageCodes(code: String, language: Language) { #expect(Language(telegramCode: code) == language) }

  @Test("durations are told in their largest unit", arguments: [
    (Int64(10), "10 s", "10 秒"), (60, "1 min", "1 分钟"), (90, "90 s", "90 秒"), (3_600, "1 h", "1 小时"),
    (86_400, "1 day", "1 天"), (259_200, "3 days", "3 天"), (0, "0", "0"),
  ])
  func durations(seconds: Int64, en: String, zh: String) {
    #expect(Format.duration(seconds, .english) == en)
    #expect(Format.duration(seconds, .chinese) == zh)
  }

  @Test("amounts are grouped and lose trailing zeros", arguments: [
    (Int64(0), "0"), (1, "0.000001"), (3_900_000, "3.9"), (1_234_567_000_000, "1,234,567"), (-1_500_000, "-1.5"),
    (Int64.max, "9,223,372,036,854.775807"), (Int64.min, "-9,223,372,036,854.775808"),
  ])
  func amounts(value: Int64, text: String) { #expect(Format.millionths(value) == text) }

  @Test("energy is read as people type it", arguments: [
    ("65000", Int64(65_000)), ("65,000", 65_000), ("65 000", 65_000), ("131k", 131_000), ("1M", 1_000_000),
  ])
  func energies(text: String, value: Int64) { #expect(Format.parseEnergy(text) == Energy(value)) }

  @Test("what is no amount of energy is refused", arguments: ["", "k", "0", "-5", "6.5", "abc", "٣", "1234567890123"])
  func badEnergies(text: String) { #expect(Format.parseEnergy(text) == nil) }

  @Test("a time is told in UTC")
  func time() { #expect(Format.time(Date(timeIntervalSince1970: 0)) == "1970-01-01 00:00:00 UTC") }
}
