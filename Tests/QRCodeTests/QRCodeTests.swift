import Foundation
import TestKit
import Testing

@testable import QRCode

@Suite("QR codes")
struct QRCodeTests {
  private struct Found: Decodable, Equatable {
    let text: String
    let level: String
    let format: String
    let mode: String
    let width: Int
    let height: Int
  }

  /// What Pillow and ZXing make of the pictures; nil where they find no code.
  private func read(_ pictures: [[UInt8]]) async throws -> [Found?] {
    let input = try JSONEncoder().encode(pictures.map { Data($0).base64EncodedString() })
    let output = try await Python.run("qr_read.py", input: String(decoding: input, as: UTF8.self))
    return try JSONDecoder().decode([Found?].self, from: Data(output.utf8))
  }

  @Test("another program opens the picture and reads every text from it, up to the longest")
  func readBack() async throws {
    let texts = [
      "tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "0", "地址 ⚡ <&>\"'", String(repeating: "x", count: 512),
      String(repeating: "ж", count: 256),
    ]
    let found = try await read(try texts.map { try QRCode($0).png() })
    #expect(found.map { $0?.text } == texts)
    for picture in found {
      let picture = try #require(picture)
      #expect(picture.level == "M")
      #expect(picture.format == "PNG" && picture.mode == "L")
      #expect(picture.width == picture.height && picture.width >= 400)
    }
  }

  @Test("the code of an address is about 400 pixels wide and a small file")
  func size() throws {
    let code = try QRCode("tron:TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
    #expect(code.side == 29)
    let png = try code.png()
    #expect(Array(png[16..<24]) == [0, 0, 1, 151, 0, 0, 1, 151])  // 37 modules of 11 pixels
    #expect(png.count < 4_000)
  }

  @Test("four light modules surround the code, and its corners are finders")
  func quietZone() throws {
    let code = try QRCode("a")
    for place in 0..<7 { #expect(code.isDark(column: place, row: 0) && code.isDark(column: 0, row: place)) }
    #expect(!code.isDark(column: -1, row: 0) && !code.isDark(column: 0, row: code.side))
    #expect(!code.isDark(column: 7, row: 7))
  }

  @Test("a picture that lost its quiet zone's contrast is found by nobody: the reading program can fail")
  func readerCanFail() async throws {
    #expect(try await read([try PNG.grey([UInt8](repeating: 255, count: 10_000), width: 100)]) == [nil])
  }

  @Test("what cannot be a code is an error with the value and the remedy")
  func limits() throws {
    #expect(throws: QRCodeError.textLength(bytes: 0)) { try QRCode("") }
    #expect(throws: QRCodeError.textLength(bytes: 513)) { try QRCode(String(repeating: "x", count: 513)) }
    for width in [0, -1, 4097, Int.max] {
      #expect(throws: QRCodeError.width(width)) { try QRCode("a").png(widthMin: width) }
    }
    #expect(QRCodeError.textLength(bytes: 513).description == "the text has 513 bytes; give 1 to 512")
    #expect(try QRCode("a\u{0}b").side == 21)
  }

  @Test("the same text is the same picture")
  func stable() throws { #expect(try QRCode("tron:T").png() == (try QRCode("tron:T").png())) }
}
