import Foundation
import TestKit
import Testing
import TronKit

@testable import TxSvc

/// The vectors of the Fernet specification (Vectors/README.md), and Python's `cryptography` as the other side.
@Suite("Fernet")
struct FernetTests {
  static let key = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="

  struct Vector: Decodable, Sendable, CustomTestStringConvertible {
    let desc: String?
    let token: String
    let now: String
    let ttl_sec: Int?
    let iv: [UInt8]?
    let src: String?
    let secret: String
    var testDescription: String { desc ?? token }

    func date() throws -> Date { try #require(ISO8601DateFormatter().date(from: now)) }
    func fernet() throws -> Fernet { try Fernet(key: Array(secret.utf8)) }

    static func load(_ name: String) throws -> [Vector] {
      let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors")
      return try JSONDecoder().decode([Vector].self, from: Data(contentsOf: folder.appending(path: "\(name).json")))
    }
  }

  static func fernet(_ key: String = FernetTests.key) throws -> Fernet { try Fernet(key: Array(key.utf8)) }

  static func seal(
    _ clear: [UInt8], _ fernet: Fernet, at time: Date = Samples.now, iv: [UInt8]? = nil
  ) throws -> String {
    try clear.withUnsafeBytes { try fernet.seal($0, at: time, iv: iv) }
  }

  @Test("makes the specification's tokens byte for byte")
  func generate() throws {
    for vector in try Vector.load("fernet-generate") {
      let clear = Array(try #require(vector.src).utf8)
      #expect(try Self.seal(clear, vector.fernet(), at: vector.date(), iv: vector.iv) == vector.token)
    }
  }

  @Test("reads the specification's tokens")
  func verify() throws {
    for vector in try Vector.load("fernet-verify") {
      let clear = try vector.fernet().open(vector.token, now: vector.date(), timeToLive: vector.ttl_sec) { Array($0) }
      #expect(String(decoding: clear, as: UTF8.self) == vector.src)
    }
  }

  @Test("refuses the specification's invalid tokens, each for its own reason")
  func invalid() throws {
    let reasons: [String: Fernet.Failure] = [
      "incorrect mac": .badToken("wrong key or altered"), "too short": .badToken("too short or another version"),
      "invalid base64": .badToken("not base64url"),
      "payload size not multiple of block size": .badToken("not whole blocks"),
      "payload padding error": .badToken("wrong padding"),
      "far-future TS (unacceptable clock skew)": .badToken("sealed in the future"), "expired TTL": .expired,
      "incorrect IV (causes padding error)": .badToken("wrong padding"),
    ]
    let vectors = try Vector.load("fernet-invalid")
    #expect(Set(vectors.compactMap(\.desc)) == Set(reasons.keys))
    for vector in vectors {
      #expect(throws: reasons[vector.desc ?? ""] ?? .badKey, "\(vector.testDescription)") {
        try vector.fernet().open(vector.token, now: vector.date(), timeToLive: vector.ttl_sec) { _ in }
      }
    }
  }

  // MARK: - Python

  private struct Request: Encodable {
    let key: String
    var clear: [String]?
    var tokens: [String]?
  }

  private struct Answer: Decodable {
    var tokens: [String]?
    var clear: [String?]?
  }

  private func python(_ verb: String, _ request: Request) async throws -> Answer {
    let input = String(decoding: try JSONEncoder().encode(request), as: UTF8.self)
    let output = try await Python.run("fernet.py", [verb], input: input)
    return try JSONDecoder().decode(Answer.self, from: Data(output.utf8))
  }

  /// Every length around a block's, and a key's.
  private static let clears = [0, 1, 15, 16, 17, 31, 32, 33, 300].map { length in
    (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ length) }
  }

  @Test("Python's cryptography reads our tokens, and refuses one that was altered")
  func readByPython() async throws {
    let fernet = try Self.fernet()
    var tokens = try Self.clears.map { try Self.seal($0, fernet, at: Date()) }
    var altered = Array(tokens[6].utf8)
    altered[40] = altered[40] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
    tokens.append(String(decoding: altered, as: UTF8.self))
    let answer = try await python("open", Request(key: Self.key, tokens: tokens))
    #expect(answer.clear == Self.clears.map { Hex.encode($0) } + [nil])
  }

  @Test("we read the tokens of Python's cryptography, and refuse them under another key")
  func readByUs() async throws {
    let answer = try await python("seal", Request(key: Self.key, clear: Self.clears.map { Hex.encode($0) }))
    let tokens = try #require(answer.tokens)
    let fernet = try Self.fernet()
    #expect(try tokens.map { try fernet.open($0) { Array($0) } } == Self.clears)
    let other = try Self.fernet("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")
    for token in tokens {
      #expect(throws: Fernet.Failure.badToken("wrong key or altered")) { try other.open(token) { _ in } }
    }
  }

  // MARK: - Keys

  @Test("refuses what is no key, without repeating it", arguments: [
    "", "cw_0x689RpI", "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4", "cw/0x689RpI+jtRR7oE8h/eQsKImvJapLeSbXpwF4e4=",
    "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e5=", "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4==",
  ])
  func badKey(text: String) {
    #expect(throws: Fernet.Failure.badKey) { try Self.fernet(text) }
    #expect(!"\(Fernet.Failure.badKey)".contains("cw_"))
  }

  @Test("base64url takes its own alphabet with padding and nothing else", arguments: [
    ("", []), ("AA==", [0]), ("_-8=", [0xff, 0xef]), ("AQID", [1, 2, 3]), ("AB==", nil), ("AAB=", nil), ("AAA", nil),
    ("A===", nil), ("====", nil), ("AQ=D", nil), ("AQI+", nil), ("AQI ", nil), ("AQ\u{f6}D", nil),
  ] as [(String, [UInt8]?)])
  func base64(text: String, bytes: [UInt8]?) {
    #expect(Base64URL.decode(Array(text.utf8)) == bytes)
    if let bytes { #expect(Base64URL.encode(bytes) == text) }
  }
}
