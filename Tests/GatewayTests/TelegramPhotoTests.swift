import Contracts
import Foundation
import TestKit
import Testing

@testable import Gateway

@Suite(.serialized) struct TelegramPhotoTests {
  @Test func `A screen with a QR code is a photo, and each newer one is another photo`() async throws {
    try await RunningGateway.run { world in
      try await world.meet()
      try await world.show("pay <here>", seq: 1, slot: "deposit", isFresh: true, qr: "tron:T1")
      try await eventually("the photo is sent") { world.telegram.calls("sendPhoto").count == 1 }
      let sent = try #require(world.telegram.calls("sendPhoto").first)
      #expect(sent["caption"]?.string == "pay &lt;here&gt;")
      #expect(sent["parse_mode"] == "HTML" && sent["chat_id"] == "42")
      #expect(sent["reply_markup"]?["inline_keyboard"]?.array?.count == 1)
      #expect(world.telegram.files("sendPhoto").first?.starts(with: [0x89, 0x50, 0x4E, 0x47]) == true)

      try await world.show("other", seq: 2, slot: "deposit", qr: "tron:T2")
      try await eventually("the second is sent") { world.telegram.calls("sendPhoto").count == 2 }
      // Telegram cannot make a text of a photo.
      world.telegram.fail("editMessageText", 400, "Bad Request: there is no text in the message to edit")
      try await world.show("closed", seq: 3, slot: "deposit")
      try await eventually("the text is sent") { world.telegram.calls("sendMessage").last?["text"] == "closed" }
      #expect(world.telegram.calls("sendPhoto").count == 2)
    }
  }

  @Test func `A photo that Telegram refuses goes out as its text`() async throws {
    try await RunningGateway.run { world in
      try await world.meet()
      world.telegram.fail("sendPhoto", 400, "Bad Request: IMAGE_PROCESS_FAILED")
      try await world.show("pay", seq: 1, slot: "deposit", isFresh: true, qr: "tron:T1")
      try await eventually("the text is sent") { world.telegram.calls("sendMessage").last?["text"] == "pay" }
      #expect(world.telegram.calls("sendMessage").last?["reply_markup"] != nil)
    }
  }

  @Test(arguments: [(404, 1), (502, TelegramClient.photoAttemptsMax)])
  func `A photo that a server cannot take holds up no chat`(_ code: Int, _ tries: Int) async throws {
    try await RunningGateway.run { world in
      try await world.meet()
      for _ in 0..<20 { world.telegram.fail("sendPhoto", Int64(code), "no photos here") }
      try await world.show("pay", seq: 1, slot: "deposit", isFresh: true, qr: "tron:T1")
      try await eventually("the text is sent") { world.telegram.calls("sendMessage").last?["text"] == "pay" }
      #expect(world.telegram.calls("sendPhoto").count == tries)
    }
  }

  @Test func `A caption that Telegram cannot parse goes out plain under the same photo`() async throws {
    try await RunningGateway.run { world in
      try await world.meet()
      world.telegram.fail("sendPhoto", 400, "Bad Request: can't parse entities: Unsupported start tag")
      try await world.show("a < b", seq: 1, slot: "deposit", isFresh: true, qr: "tron:T1")
      try await eventually("it is sent twice") { world.telegram.calls("sendPhoto").count == 2 }
      #expect(world.telegram.calls("sendPhoto").map { $0["parse_mode"]?.string } == ["HTML", nil])
      #expect(world.telegram.calls("sendPhoto").last?["caption"] == "a < b")
      #expect(Set(world.telegram.files("sendPhoto")).count == 1 && world.telegram.files("sendPhoto").count == 2)
    }
  }
}

@Suite struct MultipartFormTests {
  private struct Part: Decodable, Equatable {
    let name: String
    let filename: String?
    let type: String
    let body: String
  }

  @Test func `Python's mail parser reads every part back as it was given`() async throws {
    let picture = [UInt8](0...255) + Array("\r\n--\r\n\r\n".utf8)
    let caption = Data("地址 ⚡ \"quoted\"\r\n--energy\r\n".utf8)
    var form = MultipartForm()
    form.add("chat_id", value: Array("42".utf8))
    form.add("caption", value: Array(caption))
    form.add("photo", file: "qr.png", type: "image/png", content: picture)
    form.add("empty", value: [])
    let request = ["type": form.contentType, "body": Data(form.body).base64EncodedString()]
    let input = String(decoding: try JSONEncoder().encode(request), as: UTF8.self)
    let output = try await Python.run("multipart_read.py", input: input)
    let parts = try JSONDecoder().decode([Part].self, from: Data(output.utf8))
    #expect(parts.map(\.name) == ["chat_id", "caption", "photo", "empty"])
    #expect(parts.map(\.filename) == [nil, nil, "qr.png", nil])
    try #require(parts.count == 4)
    #expect(parts[1].body == caption.base64EncodedString())
    #expect(parts[2].type == "image/png" && parts[2].body == Data(picture).base64EncodedString())
    #expect(parts[3].body.isEmpty)
  }

  @Test func `Every form has a boundary of its own`() {
    #expect(MultipartForm().boundary != MultipartForm().boundary)
  }
}
