import Testing

@testable import TelegramSim

@Suite("Formatting")
struct FormattingTests {
  @Test(
    "HTML becomes text and entities counted in UTF-16 units",
    arguments: [
      ("<b>hi</b>", "hi", [Entity("bold", 0, 2)]),
      ("😀<i>é</i>", "😀é", [Entity("italic", 2, 1)]),
      ("&lt;&amp;&quot;&#33;&#x1F600;&nbsp;", "<&\"!😀&nbsp;", []),
      ("<b>a<u>b</u></b>", "ab", [Entity("bold", 0, 2), Entity("underline", 1, 1)]),
      ("<a href='https://x.y/?a=1&amp;b=2'>l</a>", "l", [Entity("text_link", 0, 1, url: "https://x.y/?a=1&b=2")]),
      ("<a href='javascript:alert(1)'>l</a>", "l", []),
      ("<pre><code class=\"language-swift\">x</code></pre>", "x", [Entity("pre", 0, 1, language: "swift")]),
      ("<code>a <b>b</b></code>", "a b", [Entity("code", 0, 3)]),
      ("<span class=\"tg-spoiler\">s</span>", "s", [Entity("spoiler", 0, 1)]),
      ("<blockquote expandable>q</blockquote>", "q", [Entity("expandable_blockquote", 0, 1)]),
      ("<b></b>x", "x", []),
    ])
  func parses(html: String, text: String, entities: [Entity]) throws {
    #expect(try HTMLParser.parse(html) == FormattedText(text: text, entities: entities))
  }

  @Test(
    "Bad HTML is refused in Telegram's words",
    arguments: [
      ("a<x>b</x>", "Unsupported start tag \"x\" at byte offset 1"),
      ("<b>a", "Can't find end tag corresponding to start tag \"b\""),
      ("a</b>", "Unexpected end tag at byte offset 1"),
      ("<b><i>a</b></i>", "Unmatched end tag at byte offset 7, expected \"</i>\", found \"</b>\""),
      ("<b", "Unclosed start tag at byte offset 0"),
      ("é<span>a</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 2"),
    ])
  func refuses(html: String, reason: String) {
    #expect(throws: BotAPIError.badRequest("can't parse entities: \(reason)")) { try HTMLParser.parse(html) }
  }

  @Test("White space around the text goes, and entities move with it")
  func trims() throws {
    let content = try MessageText.make("\n <b> a </b> ", parseMode: "HTML", entities: [])
    #expect(content == FormattedText(text: "a", entities: [Entity("bold", 0, 1)]))
  }

  @Test("Text has 1 to 4096 UTF-16 units after parsing")
  func limits() throws {
    let longest = String(repeating: "😀", count: 2048)
    #expect(try MessageText.make("<b>\(longest)</b>", parseMode: "HTML", entities: []).text == longest)
    #expect(throws: BotAPIError.textTooLong) { try MessageText.make(longest + "a", parseMode: nil, entities: []) }
    #expect(throws: BotAPIError.textEmpty) { try MessageText.make("<b> </b>", parseMode: "HTML", entities: []) }
  }

  @Test("Commands are found at word starts and outside code")
  func findsCommands() {
    let text = "/start a/b /help@energy_bot, /x1"
    let found = MessageText.commands(in: FormattedText(text: text, entities: [Entity("code", 29, 3)]))
    #expect(found == [Entity("bot_command", 0, 6), Entity("bot_command", 11, 16)])
  }

  @Test(
    "Rendered HTML is escaped and balanced whatever the entities claim",
    arguments: [
      (FormattedText(text: "<i>&"), "&lt;i&gt;&amp;"),
      (
        FormattedText(text: "abc", entities: [Entity("bold", 0, 2), Entity("italic", 1, 2)]),
        "<b>a<i>b</i></b><i>c</i>"
      ),
      (FormattedText(text: "ab", entities: [Entity("blockquote", 0, 2), Entity("bold", 1, 1)]),
        "<blockquote>a<b>b</b></blockquote>"),
      (FormattedText(text: "a", entities: [Entity("bold", -1, 9), Entity("bold", 0, 9)]), "a"),
      (FormattedText(text: "a", entities: [Entity("text_link", 0, 1, url: "javascript:x")]), "a"),
      (
        FormattedText(text: "a", entities: [Entity("text_link", 0, 1, url: "https://x.y/\"><b>")]),
        "<a href=\"https://x.y/&quot;&gt;&lt;b&gt;\" target=\"_blank\" rel=\"noopener noreferrer\">a</a>"
      ),
    ])
  func renders(content: FormattedText, html: String) {
    #expect(HTMLRenderer.render(content) == html)
  }

  @Test(
    "callback_data has 1 to 64 bytes, counted in UTF-8",
    arguments: [("", false), (String(repeating: "a", count: 64), true), (String(repeating: "é", count: 33), false)])
  func callbackData(data: String, accepted: Bool) {
    let markup: JSON = ["inline_keyboard": [[["text": "A", "callback_data": .string(data)]]]]
    if accepted {
      #expect(throws: Never.self) { try InlineKeyboard.validated(markup) }
    } else {
      #expect(throws: BotAPIError.buttonData) { try InlineKeyboard.validated(markup) }
    }
  }
}
