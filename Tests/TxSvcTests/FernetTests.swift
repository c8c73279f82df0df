import Foundation
import Testing
import TronKit

@testable import TxSvc

/// The vectors of the Fernet specification (github.com/fernet/spec), and a token that another implementation made.
struct FernetTests {
  static let key = "cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4="
  static let token =
    "gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA=="
  /// 1985-10-26T01:20:00-07:00
  static let sealedAt = Date(timeIntervalSince1970: 499_162_800)

  @Test("the specification's token is made byte for byte")
  func generate() throws {
    let made = try Fernet(key: Self.key).seal(Array("hello".utf8), at: Self.sealedAt, iv: Array(0..<16))
    #expect(made == Self.token)
  }

  @Test("the specification's token is read")
  func verify() throws {
    let clear = try Fernet(key: Self.key).open(Self.token, now: Self.sealedAt.addingTimeInterval(1), timeToLive: 60)
    #expect(String(decoding: clear, as: UTF8.self) == "hello")
  }

  @Test("a token of Python's cryptography is read")
  func otherImplementation() throws {
    let token =
      "gAAAAABlU_EAp5zwMU_XZxvqX_19vGzBFpKvFeusI9utZ3DRP-h_6OlZmSfnrWacIBEcOhUEpxbdh720igyJpI6s9YE7_4S4OCjY0j8oA4C"
      + "p7ffBsYAj7zjtCqfRdS1Jlp4hwB7Gj85r"
    #expect(try Fernet(key: Self.key).open(token) == Array(0..<32))
  }

  @Test(
    "an invalid token is refused for its own reason",
    arguments: [
      (
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==",
        Fernet.Failure.badToken("wrong key or altered")
      ),
      ("gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==", .badToken("too short or another version")),
      (
        "%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXRuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==",
        .badToken("not base64url")
      ),
      (
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm",
        .badToken("not whole blocks")
      ),
      (
        "gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==",
        .badToken("wrong padding")
      ),
      (
        "gAAAAAAdwStRAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAnja1xKYyhd-Y6mSkTOyTGJmw2Xc2a6kBd-iX9b_qXQcw==",
        .badToken("sealed in the future")
      ),
      (
        "gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==",
        .badToken("wrong padding")
      ),
    ])
  func invalid(token: String, failure: Fernet.Failure) throws {
    let fernet = try Fernet(key: Self.key)
    #expect(throws: failure) {
      try fernet.open(token, now: Self.sealedAt.addingTimeInterval(1), timeToLive: 60)
    }
  }

  @Test("a token past its time to live is refused")
  func expired() throws {
    let fernet = try Fernet(key: Self.key)
    #expect(throws: Fernet.Failure.expired) {
      try fernet.open(Self.token, now: Self.sealedAt.addingTimeInterval(61), timeToLive: 60)
    }
  }

  @Test("a key ring opens what an older master key sealed, and names a key that it lacks")
  func rotation() throws {
    let older = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    let secret = try PrivateKey.generate()
    let before = try KeyRing(text: older)
    let token = try before.seal(secret, at: Self.sealedAt)
    let after = try KeyRing(text: "\(Self.key)\n\(older)\n")
    #expect(try after.open(token, keyID: before.primaryID).address == secret.address)
    #expect(after.primaryID != before.primaryID)
    #expect(throws: KeyRing.UnknownKey.self) {
      try KeyRing(text: Self.key).open(token, keyID: before.primaryID)
    }
    #expect("\(after)" == "•••")
  }

  @Test("the sealing key is made once, readable by its owner only, and read again")
  func sealingKey() throws {
    let path = NSTemporaryDirectory() + "sealing-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let first = try SealingKeyFile(path: path)
    let second = try SealingKeyFile(path: path)
    #expect(first.publicKey == second.publicKey)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }
}
