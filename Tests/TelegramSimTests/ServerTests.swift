import Foundation
import Testing

@testable import TelegramSim

@Suite("Server")
struct ServerTests {
  @Test("A message wakes the bot's long poll; the answer and its edit wake the person's")
  func conversation() async throws {
    try await TestServer.run { server in
      let chat = try await server.introduce()
      async let polled = server.bot("getUpdates", ["timeout": 20])
      let said = try await server.post("/sim/chats/\(chat)/messages", ["text": "/start now"])
      let updates = try #require(try await polled.json["result"]?.items)
      #expect(updates.first?["update_id"] == said.json["update_id"])
      #expect(updates.first?["message"]?["from"]?["language_code"] == "zh-hans")
      #expect(updates.first?["message"]?["entities"] == [["type": "bot_command", "offset": 0, "length": 6]])

      async let seen = server.get("/sim/chats/\(chat)/messages?after_version=1&wait=20")
      let keyboard: JSON = ["inline_keyboard": [[["text": "A", "callback_data": "a"]]]]
      let sent = try await server.bot(
        "sendMessage",
        ["chat_id": .integer(chat), "text": "<b>hi</b>", "parse_mode": "HTML", "reply_markup": keyboard])
      let message = try #require(sent.json["result"]?["message_id"])
      #expect(try await seen.json["messages"]?.items?.first?["html"] == "<b>hi</b>")

      let press = try await server.post("/sim/chats/\(chat)/press", ["message_id": message, "data": "a"])
      let callback = try #require(press.json["callback_id"])
      let answer = try await server.bot("answerCallbackQuery", ["callback_query_id": callback, "text": "ok"])
      #expect(answer.json["result"] == true)
      let edit = try await server.bot(
        "editMessageText", ["chat_id": .integer(chat), "message_id": message, "text": "done"])
      #expect(edit.json["result"]?["reply_markup"] == nil)
      let after = try await server.get("/sim/chats/\(chat)/messages?after_version=2")
      #expect(after.json["messages"]?.items?.compactMap { $0["text"] } == ["done"])
      #expect(after.json["toasts"]?.items?.compactMap { $0["callback_id"] } == [callback])
    }
  }

  @Test("Failures carry Telegram's code as HTTP status, its text, and Retry-After")
  func failures() async throws {
    try await TestServer.run { server in
      let chat = try await server.introduce()
      let bad = try await server.bot("getMe", token: "nonsense")
      #expect(bad.status == 401)
      #expect(bad.json["description"] == "Unauthorized: invalid token specified")
      #expect(try await server.bot("fly").json["description"] == "Not Found: method not found")
      let unknown = try await server.bot("sendMessage", ["chat_id": 1, "text": "a"])
      #expect(unknown.json["description"] == "Bad Request: chat not found")

      _ = try await server.post("/sim/faults", ["method": "sendMessage", "error_code": 429, "retry_after": 3])
      let message: JSON = ["chat_id": .integer(chat), "text": "a"]
      let flood = try await server.bot("sendMessage", message)
      #expect(flood.status == 429)
      #expect(flood.headers["Retry-After"] as? String == "3")
      #expect(flood.json["parameters"] == ["retry_after": 3])
      #expect(try await server.bot("sendMessage", message).status == 200)

      _ = try await server.post("/sim/faults", ["method": "sendMessage", "error_code": 502, "applied": true])
      #expect(try await server.bot("sendMessage", message).status == 502)
      #expect(try await server.get("/sim/chats/\(chat)/messages").json["messages"]?.items?.count == 2)
    }
  }

  @Test(
    "Parameters may come as query, form, multipart or JSON, and method names in any case",
    arguments: ["query", "form", "multipart", "json"])
  func encodings(kind: String) async throws {
    try await TestServer.run { server in
      let chat = try await server.introduce()
      let path = "/bot\(TestServer.token)/SENDmessage"
      let form = "chat_id=\(chat)&text=a%20%26+b&unknown=1"
      let parts = "--X\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n\(chat)\r\n--X\r\n"
        + "Content-Disposition: form-data; name=\"text\"\r\n\r\na & b\r\n--X--\r\n"
      let reply =
        switch kind {
        case "query": try await server.get("\(path)?\(form)")
        case "form":
          try await server.raw(
            "POST", path, contentType: "application/x-www-form-urlencoded", body: Data(form.utf8))
        case "multipart":
          try await server.raw("POST", path, contentType: "multipart/form-data; boundary=X", body: Data(parts.utf8))
        default: try await server.post(path, ["chat_id": .string("\(chat)"), "text": "a & b", "unknown": [1]])
        }
      #expect(reply.json["result"]?["text"] == "a & b")
    }
  }

  @Test("The token is in no answer of the person's side and not on disk")
  func hidesToken() async throws {
    try await withTemporaryFolder { folder in
      try await TestServer.run(folder: folder) { server in
        _ = try await server.introduce()
        _ = try await server.bot(
          "setWebhook", ["url": "http://127.0.0.1:9/", "secret_token": "very-secret-word"])
        for path in ["/sim/bots", "/sim/chats", "/sim/journal", "/sim/faults"] {
          let text = String(decoding: try await server.get(path).json.encoded(), as: UTF8.self)
          #expect(!text.contains("test-token"), "\(path)")
          #expect(!text.contains("very-secret-word"), "\(path)")
        }
      }
      let log = try String(contentsOf: folder.appending(path: "telegram.jsonl"), encoding: .utf8)
      #expect(!log.contains("test-token"))
    }
  }

  @Test("Chats, unconfirmed updates and commands survive a restart")
  func restart() async throws {
    try await withTemporaryFolder { folder in
      try await TestServer.run(folder: folder) { server in
        let chat = try await server.introduce()
        _ = try await server.bot("setMyCommands", ["commands": [["command": "start", "description": "Menu"]]])
        _ = try await server.post("/sim/chats/\(chat)/messages", ["text": "hello"])
      }
      // What a killed process may leave behind: a line without its end.
      let handle = try FileHandle(forWritingTo: folder.appending(path: "telegram.jsonl"))
      try handle.seekToEnd()
      try handle.write(contentsOf: Data("{\"event\":".utf8))
      try handle.close()
      try await TestServer.run(folder: folder) { server in
        let chats = try await server.get("/sim/chats").json["chats"]?.items
        let chat = try #require(chats?.first?["chat_id"]?.int)
        let messages = try await server.get("/sim/chats/\(chat)/messages").json["messages"]?.items
        #expect(messages?.compactMap { $0["text"] } == ["hello"])
        #expect(try await server.bot("getUpdates").json["result"]?.items?.count == 1)
        let commands = try await server.get("/sim/chats/\(chat)/commands").json["commands"]?.items
        #expect(commands?.compactMap { $0["command"] } == ["start"])
      }
    }
  }

  @Test("A person who writes before any bot has called is told so")
  func noBot() async throws {
    try await TestServer.run { server in
      _ = try await server.post("/sim/chats", ["user_id": 42, "first_name": "Ann"])
      let reply = try await server.post("/sim/chats/42/messages", ["text": "a"])
      #expect(reply.status == 409)
      #expect(reply.json["error"] == "no bot has called yet; start the bot and try again")
    }
  }
}
