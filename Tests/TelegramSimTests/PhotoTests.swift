import Foundation
import TestKit
import Testing

@testable import TelegramSim

@Suite("Photos")
struct PhotoTests {
  /// The head of a PNG, all that the simulator looks at.
  private static func png(_ width: UInt32, _ height: UInt32) -> Data {
    var data = Data([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13])
    data += Data("IHDR".utf8)
    for number in [width, height] { data += Data([24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }) }
    return data + Data([8, 0, 0, 0, 0]) + Data((0...255).map { UInt8($0) }) + Data("\r\n--X\r\n".utf8)
  }

  private static func form(_ fields: [String: String], _ file: Data?, as name: String = "photo") -> Data {
    var body = Data()
    for (name, value) in fields {
      body += Data("--bound\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n".utf8)
    }
    if let file {
      let head = "--bound\r\nContent-Disposition: form-data; name=\"\(name)\"; filename=\"a.png\"\r\n"
      body += Data("\(head)Content-Type: image/png\r\n\r\n".utf8) + file + Data("\r\n".utf8)
    }
    return body + Data("--bound--\r\n".utf8)
  }

  private static func send(
    _ server: TestServer, _ fields: [String: String], _ file: Data?, as name: String = "photo"
  ) async throws -> TestServer.Reply {
    try await server.raw(
      "POST", "/bot\(TestServer.token)/sendPhoto", contentType: "multipart/form-data; boundary=bound",
      body: form(fields, file, as: name))
  }

  @Test("a picture that another program uploads is shown, listed by its size and given back as it was")
  func upload() async throws {
    try await TestServer.run { server in
      let chat = try await server.introduce()
      let picture = Self.png(407, 407)
      let output = try await Python.run(
        "send_photo.py", ["\(server.base)/bot\(TestServer.token)", "\(chat)"],
        input: picture.base64EncodedString())
      let told = try JSON(parsing: Data(output.utf8))
      #expect(told["same"] == true && told["type"] == "image/png")
      let sent = try #require(told["sent"]?["result"])
      #expect(sent["caption"] == "地址" && sent["text"] == nil)
      #expect(sent["caption_entities"] == [["type": "bold", "offset": 0, "length": 2]])
      #expect(sent["photo"]?.items?.last?["width"] == 407)

      let seen = try await server.get("/sim/chats/\(chat)/messages").json["messages"]?.items?.first
      #expect(seen?["html"] == "<b>地址</b>")
      #expect(seen?["photo"]?["height"] == 407)
      let calls = try await server.get("/sim/journal?method=sendPhoto").json["calls"]?.items
      #expect(calls?.first?["parameters"]?["photo"]?.text == "a file of \(picture.count) bytes")
    }
  }

  @Test("a photo is sent again by its id, and attached under another name")
  func again() async throws {
    try await TestServer.run { server in
      let chat = try await server.introduce()
      let first = try await Self.send(
        server, ["chat_id": "\(chat)", "photo": "attach://qr"], Self.png(100, 50), as: "qr")
      let id = try #require(first.json["result"]?["photo"]?.items?.first?["file_id"]?.text)
      #expect(first.json["result"]?["caption"] == nil)
      let again = try await server.bot(
        "sendPhoto", ["chat_id": .integer(chat), "photo": .string(id), "caption": "x"])
      #expect(again.json["result"]?["photo"] == first.json["result"]?["photo"])
    }
  }

  @Test("what Telegram refuses is refused in its words")
  func refusals() async throws {
    try await TestServer.run { server in
      let chat = try await server.introduce()
      let to = ["chat_id": "\(chat)"]
      func words(_ reply: TestServer.Reply) -> String {
        reply.status == 400 ? reply.json["description"]?.text ?? "" : "\(reply.status)"
      }
      #expect(words(try await Self.send(server, to, nil)) == "Bad Request: there is no photo in the request")
      #expect(words(try await Self.send(server, to, Data("GIF89a".utf8))) == "Bad Request: IMAGE_PROCESS_FAILED")
      for (width, height): (UInt32, UInt32) in [(0, 10), (9_000, 1_001), (201, 10), (.max, .max)] {
        let reply = try await Self.send(server, to, Self.png(width, height))
        #expect(words(reply) == "Bad Request: PHOTO_INVALID_DIMENSIONS")
      }
      let long = to.merging(["caption": String(repeating: "x", count: 1_025)]) { $1 }
      #expect(words(try await Self.send(server, long, Self.png(9, 9))) == "Bad Request: message caption is too long")
      let url: JSON = ["chat_id": .integer(chat), "photo": "https://example.org/a.png"]
      #expect(
        words(try await server.bot("sendPhoto", url)) == "Bad Request: wrong file identifier/HTTP URL specified")
      #expect(try await Self.send(server, to, Data(count: 1 << 20)).status == 413)
      #expect(try await server.get("/sim/chats/\(chat)/messages").json["messages"] == [])
    }
  }

  @Test("a photo keeps its caption and a text its text")
  func edits() async throws {
    try await TestServer.run { server in
      let chat = try await server.introduce()
      let photo = try await Self.send(server, ["chat_id": "\(chat)", "caption": "a"], Self.png(9, 9))
      let text = try await server.bot("sendMessage", ["chat_id": .integer(chat), "text": "b"])
      func target(_ reply: TestServer.Reply, _ more: [String: JSON]) -> JSON {
        let base: [String: JSON] = [
          "chat_id": .integer(chat), "message_id": reply.json["result"]?["message_id"] ?? .null,
        ]
        return .object(base.merging(more) { $1 })
      }
      let wrong = try await server.bot("editMessageText", target(photo, ["text": "c"]))
      #expect(wrong.json["description"] == "Bad Request: there is no text in the message to edit")
      let other = try await server.bot("editMessageCaption", target(text, ["caption": "c"]))
      #expect(other.json["description"] == "Bad Request: there is no caption in the message to edit")
      let right = try await server.bot("editMessageCaption", target(photo, ["caption": "c"]))
      #expect(right.json["result"]?["caption"] == "c")
    }
  }

  @Test("pictures survive a restart, and a state from before there were any is read")
  func restart() async throws {
    try await withTemporaryFolder { folder in
      try await TestServer.run(folder: folder) { server in
        let chat = try await server.introduce()
        #expect(try await Self.send(server, ["chat_id": "\(chat)"], Self.png(9, 9)).status == 200)
      }
      let (_, state) = try EventLog.open(in: folder)
      #expect(state.shelf.find("photo-1")?.bytes == Self.png(9, 9))
      var older = try JSON(parsing: try JSONEncoder().encode(state)).fields ?? [:]
      older["shelf"] = nil
      let read = try JSONDecoder().decode(WorldState.self, from: try JSON.object(older).encoded())
      #expect(read.shelf == FileShelf() && read.people == state.people)
    }
  }

  @Test("the newest pictures are kept, within a number and a size")
  func bounded() {
    var shelf = FileShelf()
    func file(_ bytes: Int) -> StoredFile {
      let id = "photo-\(shelf.nextNumber)"
      return StoredFile(photo: Photo(fileID: id, width: 1, height: 1, size: bytes), bytes: Data(count: bytes))
    }
    for _ in 0..<Limits.files + 5 { shelf.keep(file(1)) }
    #expect(shelf.files.count == Limits.files && shelf.find("photo-5") == nil && shelf.find("photo-6") != nil)
    shelf.keep(file(Limits.filesBytes - 10))
    #expect(shelf.files.reduce(0) { $0 + $1.bytes.count } <= Limits.filesBytes)
    #expect(shelf.find("photo-\(shelf.nextNumber - 1)") != nil)
  }

  @Test("a picture that is not there is told, with or without a token")
  func missing() async throws {
    try await TestServer.run { server in
      _ = try await server.introduce()
      #expect(try await server.get("/sim/files/photo-9").status == 404)
      #expect(try await server.get("/file/bot\(TestServer.token)/photos/photo-9.png").status == 404)
      #expect(try await server.get("/file/botnonsense/photos/photo-1.png").status == 401)
      #expect(try await server.get("/file/bot\(TestServer.token)/photos/photo-1.gif").status == 404)
    }
  }
}
