import Testing
import TronKit

@Suite struct MessageTests {
  @Test func messagesAreThoseOfAnotherProgramByteForByte() throws {
    let vectors = try KeyVectors.load().messages
    #expect(vectors.count == 5)
    for vector in vectors {
      #expect(Hex.encode(MessageSigning.digest(of: Array(vector.message.utf8))) == vector.digest)
      let key = try PrivateKey(hex: vector.private_key)
      #expect(key.address.base58 == vector.address)
      let theirs = try Signature(hex: vector.signature)
      let ours = try MessageSigning.sign(vector.message, with: key)
      #expect(ours.bytes.prefix(64) == theirs.bytes.prefix(64))
      #expect([27, 28].contains(ours.bytes[64]))
      for signature in [ours, theirs, try Signature(hex: "0x" + vector.signature.uppercased())] {
        #expect(MessageSigning.verify(vector.message, signature: signature, by: key.address))
      }
    }
  }

  @Test func allFourWritingsOfTheRecoveryIdAreRead() throws {
    let key = try PrivateKey.generate()
    var bytes = try MessageSigning.sign("hello", with: key).bytes
    for v in [bytes[64] - 27, bytes[64]] {
      bytes[64] = v
      #expect(try MessageSigning.recoverSigner(of: "hello", signature: Signature(bytes: bytes)) == key.address)
    }
    for v in [UInt8(2), 3, 26, 29, 31, 255] {
      bytes[64] = v
      let error = #expect(throws: KeyError.self) { try Signature(bytes: bytes) }
      #expect(error?.code == "signature_v")
    }
  }

  @Test func theSecondSignatureThatAnyoneCanMakeIsRefused() throws {
    let key = try PrivateKey.generate()
    let good = try MessageSigning.sign("hello", with: key)
    #expect(good.hasLowS)
    let order = try Hex.decode("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141")
    var bytes = good.bytes
    var borrow = 0
    for place in (0..<32).reversed() {
      let difference = Int(order[place]) - Int(bytes[32 + place]) - borrow
      bytes[32 + place] = UInt8(truncatingIfNeeded: difference)
      borrow = difference < 0 ? 1 : 0
    }
    bytes[64] = bytes[64] == 27 ? 28 : 27
    let twin = try Signature(bytes: bytes)
    #expect(!twin.hasLowS)
    // The chain takes it, and the signer is the same.
    #expect(try recoverSigner(digest: MessageSigning.digest(of: "hello".utf8), signature: twin) == key.address)
    let error = #expect(throws: KeyError.self) { try MessageSigning.recoverSigner(of: "hello", signature: twin) }
    #expect(error?.code == "signature_high_s")
    #expect(!MessageSigning.verify("hello", signature: twin, by: key.address))
  }

  @Test func anotherTextOrAddressOrSignatureIsNotVerified() throws {
    let (key, other) = (try PrivateKey.generate(), try PrivateKey.generate())
    let signature = try MessageSigning.sign("hello", with: key)
    #expect(MessageSigning.verify("hello", signature: signature, by: key.address))
    #expect(!MessageSigning.verify("hello ", signature: signature, by: key.address))
    #expect(!MessageSigning.verify("hello", signature: signature, by: other.address))
    let zero = try Signature(bytes: [UInt8](repeating: 0, count: 65))
    #expect(!MessageSigning.verify("hello", signature: zero, by: key.address))
  }

  @Test(arguments: [("zz", "signature_not_hex"), ("00", "signature_length"), ("", "signature_length")])
  func aWrongSignatureTextSaysWhy(text: String, code: String) {
    let error = #expect(throws: KeyError.self) { try Signature(hex: text) }
    #expect(error?.code == code)
  }
}
