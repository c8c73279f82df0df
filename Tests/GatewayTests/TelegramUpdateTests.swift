import Contracts
import Foundation
import Testing

@testable import Gateway

@Suite struct TelegramUpdateTests {
  private let ann = TelegramUpdate.Person(userID: 42, chatID: 42, languageCode: "zh-hans")

  private func update(_ json: String) throws -> TelegramUpdate? {
    TelegramUpdate(try JSONValue(parsing: Array(json.utf8)))
  }

  @Test func `A text is read whatever else Telegram adds`() throws {
    let found = try update(
      """
      {"update_id":9007199254740991,"message":{"message_id":1,"new_thing":{"x":[1.5,null]},"date":1,"text":"/start",
       "from":{"id":42,"is_bot":false,"first_name":"Ann","language_code":"zh-hans","is_premium":null},
       "chat":{"id":42,"type":"private"}}}
      """)
    #expect(found?.id == 9_007_199_254_740_991)
    #expect(found?.kind == .text(ann, "/start"))
  }

  @Test func `A press is read, also on a message that is no longer accessible`() throws {
    let found = try update(
      """
      {"update_id":7,"callback_query":{"id":"cb1","data":"v1:x","chat_instance":"1",
       "from":{"id":42,"is_bot":false,"first_name":"Ann","language_code":"zh-hans"},
       "message":{"message_id":5,"date":0,"chat":{"id":42,"type":"private"}}}}
      """)
    #expect(found?.kind == .press(ann, callbackID: "cb1", data: "v1:x"))
  }

  @Test func `What Postgres cannot store is left out of texts`() throws {
    let found = try update(
      """
      {"update_id":9,"message":{"text":"a\\u0000b","chat":{"id":42,"type":"private"},
       "from":{"id":42,"first_name":"A\\u0000nn","language_code":"zh-hans\\u0000"}}}
      """)
    #expect(found?.kind == .text(ann, "ab"))
  }

  @Test func `Blocking the bot is a membership`() throws {
    let found = try update(
      """
      {"update_id":8,"my_chat_member":{"chat":{"id":42,"type":"private"},"date":1,
       "from":{"id":42,"first_name":"Ann","language_code":"zh-hans"},
       "old_chat_member":{"status":"member"},"new_chat_member":{"status":"kicked"}}}
      """)
    #expect(found?.kind == .membership(ann, isMember: false))
  }

  @Test(arguments: [
    #"{"update_id":1,"poll":{"id":"1"}}"#,
    #"{"update_id":1,"message":{"from":{"id":1},"chat":{"id":-5,"type":"group"},"text":"hi"}}"#,
    #"{"update_id":1,"message":{"from":{"id":1},"chat":{"id":1,"type":"private"},"photo":[]}}"#,
    #"{"update_id":1,"message":{"from":{"id":1,"is_bot":true},"chat":{"id":1,"type":"private"},"text":"hi"}}"#,
    #"{"update_id":1,"message":"?"}"#,
    #"{"update_id":1,"callback_query":{"id":"1","from":{"id":1},"game_short_name":"g"}}"#,
  ])
  func `What the bot has no use for is other, never an error`(_ json: String) throws {
    #expect(try update(json)?.kind == .other)
  }

  @Test(arguments: ["{}", "[]", "null", #"{"update_id":"1"}"#])
  func `Without an id it is no update`(_ json: String) throws { #expect(try update(json) == nil) }

  @Test func `A sign of life makes a chat reachable again, a block does not`() {
    let text = UpdateApplier.chat(nil, Samples.customer, ann, .text(ann, "hi"), Samples.now)
    #expect(text.isReachable)
    let blocked = UpdateApplier.chat(text, Samples.customer, ann, .membership(ann, isMember: false), Samples.now)
    #expect(!blocked.isReachable)
  }

  @Test(
    arguments: [
      (401, "Unauthorized", nil, TelegramVerdict.unauthorized),
      (404, "Not Found", nil, .unauthorized),
      (403, "Forbidden: bot was blocked by the user", nil, .unreachable),
      (400, "Bad Request: chat not found", nil, .unreachable),
      (
        409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running", nil,
        .otherPoller
      ),
      (409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook", nil, .webhookIsSet),
      (429, "Too Many Requests: retry after 30", 30, .retryAfter(seconds: 30)),
      (429, "Too Many Requests", nil, .retryAfter(seconds: 1)),
      (400, "Bad Request: message is not modified: specified new message content", nil, .notModified),
      (400, "Bad Request: message to edit not found", nil, .messageGone),
      (400, "Bad Request: message can't be edited", nil, .messageGone),
      (400, "Bad Request: can't parse entities: Unsupported start tag", nil, .cannotParse),
      (400, "Bad Request: query is too old and response timeout expired", nil, .callbackTooOld),
      (400, "Bad Request: BUTTON_DATA_INVALID", nil, .refused),
      (502, "Bad Gateway", nil, .transient),
    ] as [(Int, String, Int64?, TelegramVerdict)])
  func `Each error of Telegram asks for one thing`(
    _ code: Int, _ text: String, _ retryAfter: Int64?, _ verdict: TelegramVerdict
  ) {
    #expect(TelegramVerdict.of(code: code, description: text, retryAfter: retryAfter) == verdict)
  }

  @Test func `A page of HTML from a proxy is a passing trouble`() {
    let error = #expect(throws: TelegramError.self) {
      try TelegramClient.result("getMe", status: 502, body: Array("<html>".utf8))
    }
    #expect(error?.verdict == .transient)
  }

  @Test func `Telegram's envelope gives the result or the error`() throws {
    #expect(try TelegramClient.result("x", status: 200, body: Array(#"{"ok":true,"result":[1]}"#.utf8)) == [1])
    let error = #expect(throws: TelegramError.self) {
      try TelegramClient.result(
        "x", status: 429,
        body: Array(#"{"ok":false,"error_code":429,"description":"Too Many","parameters":{"retry_after":3}}"#.utf8))
    }
    #expect(error?.verdict == .retryAfter(seconds: 3))
  }

  @Test func `A wrong token is not asked about in a hot loop`() {
    let error = TelegramError(method: "getUpdates", code: 401, message: "Unauthorized", verdict: .unauthorized)
    #expect(TelegramPoller.delay(after: error, failures: 1) == .seconds(60))
    let conflict = TelegramError(method: "getUpdates", code: 409, message: "Conflict", verdict: .otherPoller)
    #expect(TelegramPoller.delay(after: conflict, failures: 1) >= .milliseconds(1500))
  }

  @Test(arguments: [
    ("123456:ABC-def_1234", true), ("123456:short", false), ("abc:ABCDEFGHIJK", false), ("1:ABCDEFGHIJK/x", false),
  ])
  func `A token has Telegram's form`(_ text: String, _ isToken: Bool) {
    #expect(GatewaySettings.isToken(text) == isToken)
  }
}
