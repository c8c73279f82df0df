import BusKit
import Contracts
import Testing

@testable import Gateway

@Suite struct ScreenTests {
  private func slot(_ messages: ShowScreen..., shown: Int64 = -1, messageID: Int64? = nil, hash: String = "") throws
    -> TelegramScreenRow
  {
    var row: TelegramScreenRow?
    for message in messages { row = ScreenHandlers.merged(message, into: row, at: Samples.now) ?? row }
    var found = try #require(row)
    found.shownSeq = shown
    found.messageId = messageID
    found.shownHash = hash
    return found
  }

  @Test func `A slot without a message sends one`() throws {
    #expect(ScreenDelivery(try slot(Samples.screen("a", seq: 1)), adopted: nil) == .send)
  }

  @Test func `A slot with a message edits it`() throws {
    let row = try slot(Samples.screen("a", seq: 2), shown: 1, messageID: 10)
    #expect(ScreenDelivery(row, adopted: nil) == .edit(messageID: 10))
  }

  @Test func `What is shown already is not sent again`() throws {
    let screen = Samples.screen("a", seq: 2)
    let row = try slot(screen, shown: 1, messageID: 10, hash: ScreenHandlers.hash(screen.screen))
    #expect(ScreenDelivery(row, adopted: nil) == .unchanged)
  }

  @Test func `A screen that was shown needs nothing`() throws {
    #expect(ScreenDelivery(try slot(Samples.screen("a", seq: 2), shown: 2, messageID: 10), adopted: nil) == .nothing)
  }

  @Test func `A fresh screen is a message of its own`() throws {
    let row = try slot(Samples.screen("a", seq: 2, isFresh: true), shown: 1, messageID: 10)
    #expect(ScreenDelivery(row, adopted: nil) == .send)
  }

  @Test func `A wish for a fresh message survives a newer screen that overtakes it`() throws {
    let row = try slot(Samples.screen("a", seq: 2, isFresh: true), Samples.screen("b", seq: 3), shown: 1, messageID: 10)
    #expect(ScreenDelivery(row, adopted: nil) == .send)
  }

  @Test func `An order takes over the menu's message`() throws {
    let menu = try slot(Samples.screen("menu", seq: 5), shown: 5, messageID: 10)
    let order = try slot(Samples.screen("order", seq: 1, slot: "order:1", adopts: "menu"))
    #expect(ScreenDelivery(order, adopted: menu) == .takeOver(messageID: 10))
    #expect(ScreenDelivery(order, adopted: nil) == .send)
  }

  @Test func `A slot with a message of its own takes over none`() throws {
    let menu = try slot(Samples.screen("menu", seq: 5), shown: 5, messageID: 10)
    let order = try slot(Samples.screen("b", seq: 2, slot: "order:1", adopts: "menu"), shown: 1, messageID: 11)
    #expect(ScreenDelivery(order, adopted: menu) == .edit(messageID: 11))
  }

  private func picture(_ qr: String, seq: Int64, adopts: String? = nil) -> ShowScreen {
    ShowScreen(
      customer: Samples.customer, slot: "deposit", adopts: adopts, seq: seq, screen: Screen(html: "a", qr: qr))
  }

  @Test func `A photo is never edited and takes over no message`() throws {
    let changed = try slot(picture("b", seq: 2), shown: 1, messageID: 10)
    #expect(ScreenDelivery(changed, adopted: nil) == .send)
    let menu = try slot(Samples.screen("menu", seq: 5), shown: 5, messageID: 9)
    #expect(ScreenDelivery(try slot(picture("b", seq: 2, adopts: "menu")), adopted: menu) == .send)
    let same = picture("b", seq: 2)
    let shown = try slot(same, shown: 1, messageID: 10, hash: ScreenHandlers.hash(same.screen))
    #expect(ScreenDelivery(shown, adopted: nil) == .unchanged)
  }

  @Test(arguments: [1, 2] as [Int64])
  func `A screen that is not newer is ignored`(_ seq: Int64) throws {
    let row = try slot(Samples.screen("a", seq: 2))
    #expect(ScreenHandlers.merged(Samples.screen("b", seq: seq), into: row, at: Samples.now) == nil)
  }

  @Test func `Screens differ by text, label and action`() {
    let screens = [
      Screen(html: "a"), Screen(html: "b"), Screen(html: "a", rows: [[.init("x", .data("1"))]]),
      Screen(html: "a", rows: [[.init("x", .data("2"))]]), Screen(html: "a", rows: [[.init("x", .copy("1"))]]),
      Screen(html: "a", rows: [[.init("y", .data("1"))]]), Screen(html: "a", qr: "1"), Screen(html: "a", qr: "2"),
    ]
    #expect(Set(screens.map(ScreenHandlers.hash)).count == screens.count)
  }

  @Test func `A screen becomes Telegram's parameters`() {
    let screen = Screen(
      html: "<b>x</b>",
      rows: [[.init("go", .data("v1:go")), .init("copy", .copy("T1"))], [.init("see", .url("https://a.b"))]])
    let parameters = ScreenPayload.parameters(screen)
    #expect(parameters["text"] == "<b>x</b>")
    #expect(parameters["parse_mode"] == "HTML")
    let expected: JSONValue = [
      "inline_keyboard": [
        [["text": "go", "callback_data": "v1:go"], ["text": "copy", "copy_text": ["text": "T1"]]],
        [["text": "see", "url": "https://a.b"]],
      ]
    ]
    #expect(parameters["reply_markup"] == expected)
  }

  @Test func `Without formatting the text keeps its words`() {
    let plain = ScreenPayload.plain(ScreenPayload.text("<b>5 &lt; 6</b> &amp;amp; <code>T1</code>"))
    #expect(plain["text"] == "5 < 6 &amp; T1")
    #expect(plain["parse_mode"] == nil)
  }

  @Test(arguments: [
    Screen(html: ""), Screen(html: "a", rows: [[.init("x", .data(String(repeating: "ж", count: 33)))]]),
    Screen(html: "a", rows: [[.init("x", .data(""))]]),
    Screen(html: "a", rows: [[.init("x", .copy(String(repeating: "c", count: 257)))]]), Screen(html: "a", qr: ""),
    Screen(html: "a", qr: String(repeating: "x", count: 513)),
    Screen(html: .code(String(repeating: "<", count: 1_025)), qr: "tron:T"),
  ])
  func `What Telegram would refuse is stopped before it is queued`(_ screen: Screen) {
    #expect(throws: InvariantViolation.self) { try ScreenPayload.check(screen) }
  }

  @Test func `A caption is counted without its tags and escapes`() throws {
    try ScreenPayload.check(Screen(html: .code(String(repeating: "<", count: 1_024)), qr: "tron:T"))
    let caption = ScreenPayload.caption(Screen(html: "<b>x</b>", rows: [[.init("go", .data("v1:go"))]], qr: "tron:T"))
    #expect(caption["caption"] == "<b>x</b>" && caption["text"] == nil)
    #expect(ScreenPayload.plain(caption)["caption"] == "x")
    #expect(ScreenPayload.plain(caption)["reply_markup"] == caption["reply_markup"])
  }

  @Test("For an old Bot API server the newer fields go, and every other button stays")
  func basicFieldsOnly() {
    let screen = Screen(
      html: "x",
      rows: [[.init("copy", .copy("T1"))], [.init("menu", .data("v1:menu")), .init("copy", .copy("T2"))]])
    let basic = ScreenPayload.basic(ScreenPayload.parameters(screen))
    #expect(basic["link_preview_options"] == nil)
    #expect(basic["text"]?.string == "x")
    let rows = basic["reply_markup"]?["inline_keyboard"]?.array ?? []
    #expect(rows.count == 1)
    #expect(rows.first?.array?.compactMap { $0["callback_data"]?.string } == ["v1:menu"])
  }
}
