import Contracts
import Crypto
import Foundation
import Testing
import TronKit

@Suite("A sealed supplier key")
struct SealedKeyTests {
  private let tx = Curve25519.KeyAgreement.PrivateKey()
  private let secret = [UInt8](1...32)
  private var sealing: SealingKey { SealingKey(keyID: "k1", publicKey: tx.publicKey.rawRepresentation) }

  @Test("opens for its wallet with tx-svc's key, also after a trip over the bus")
  func roundTrip() throws {
    let sealed = try SealedKey.seal(secret, for: Samples.receiver, to: sealing)
    let carried = try JSONDecoder().decode(SealedKey.self, from: JSONEncoder().encode(sealed))
    #expect(carried.keyID == "k1")
    #expect(try carried.open(for: Samples.receiver, with: tx) { Array($0) } == secret)
  }

  @Test("does not open for another wallet")
  func otherAddress() throws {
    let sealed = try SealedKey.seal(secret, for: Samples.receiver, to: sealing)
    #expect(throws: (any Error).self) { try sealed.open(for: .zero, with: tx) { _ in } }
  }

  @Test("does not open with another key")
  func otherKey() throws {
    let sealed = try SealedKey.seal(secret, for: Samples.receiver, to: sealing)
    #expect(throws: (any Error).self) { try sealed.open(for: Samples.receiver, with: .init()) { _ in } }
  }

  @Test("does not open when a bit of it was changed", arguments: [0, 15, 47])
  func tampered(index: Int) throws {
    let sealed = try SealedKey.seal(secret, for: Samples.receiver, to: sealing)
    #expect(sealed.ciphertext.count == 48)
    var bytes = Array(sealed.ciphertext)
    bytes[index] ^= 1
    let json = [
      "keyID": "k1", "encapsulated": sealed.encapsulated.base64EncodedString(),
      "ciphertext": Data(bytes).base64EncodedString(),
    ]
    let changed = try JSONDecoder().decode(SealedKey.self, from: JSONEncoder().encode(json))
    #expect(throws: (any Error).self) { try changed.open(for: Samples.receiver, with: tx) { _ in } }
  }

  @Test("never holds the key in clear, and differs each time")
  func hidden() throws {
    let first = try SealedKey.seal(secret, for: Samples.receiver, to: sealing)
    let second = try SealedKey.seal(secret, for: Samples.receiver, to: sealing)
    #expect(first != second)
    #expect(Data(first.ciphertext).range(of: Data(secret.prefix(8))) == nil)
    #expect(throws: (any Error).self) {
      try SealedKey.seal(secret, for: Samples.receiver, to: SealingKey(keyID: "k", publicKey: Data([1])))
    }
  }
}
