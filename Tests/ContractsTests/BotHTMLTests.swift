import Contracts
import Testing

@Suite("HTML for the bot")
struct BotHTMLTests {
  static let hostile = #"<a href="tg://user?id=1">&amp;</a><b>"#
  static let harmless = "&lt;a href=&quot;tg://user?id=1&quot;&gt;&amp;amp;&lt;/a&gt;&lt;b&gt;"

  @Test("escapes a text by whatever door it comes in")
  func escaped() {
    let text = Self.hostile
    #expect(BotHTML(text: text).source == Self.harmless)
    #expect(("\(text)" as BotHTML).source == Self.harmless)
    #expect(("x\(text)y" as BotHTML).source == "x\(Self.harmless)y")
    #expect(BotHTML.code(text).source == "<code>\(Self.harmless)</code>")
    #expect(BotHTML.bold(text).source == "<b>\(Self.harmless)</b>")
    #expect((BotHTML(text: text) + BotHTML(text: text)).source == Self.harmless + Self.harmless)
  }

  @Test("leaves no character of a tag or entity as it was", arguments: ["<", ">", "&", "\""])
  func eachCharacter(character: String) {
    #expect(BotHTML(text: character).source != character)
    #expect(BotHTML(text: character).source.hasPrefix("&"))
    #expect(BotHTML(text: character).source.hasSuffix(";"))
  }

  @Test("keeps what is HTML already, and numbers, when they are put into a sentence")
  func composed() {
    let bold = BotHTML.bold("1 < 2")
    #expect(("is \(bold): \(Int64(-5))" as BotHTML).source == "is <b>1 &lt; 2</b>: -5")
  }
}
