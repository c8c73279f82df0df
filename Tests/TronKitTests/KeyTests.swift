import Testing
import TronKit

@Suite struct KeyTests {
  @Test func keysHaveTheAddressesOfTheVectors() throws {
    let vectors = try Vectors.load().private_keys
    #expect(vectors.count == 18)
    for vector in vectors {
      let key = try PrivateKey(hex: vector.private_key)
      #expect(Hex.encode(key.publicKey.uncompressed) == vector.public_key_uncompressed)
      #expect(key.address.base58 == vector.address)
      #expect(key.address.hex == vector.address_hex)
    }
    for vector in try Vectors.load().hd {
      #expect(try PrivateKey(hex: vector.private_key).address.base58 == vector.address)
    }
  }

  @Test(arguments: [
    ("", "key_length"),
    ("00", "key_length"),
    (String(repeating: "zz", count: 32), "key_not_hex"),
    (String(repeating: "00", count: 32), "key_out_of_range"),
    (String(repeating: "ff", count: 32), "key_out_of_range"),
    // The order of the curve itself, and one more.
    ("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", "key_out_of_range"),
  ])
  func aWrongKeyIsRefusedWithoutRepeatingIt(hex: String, code: String) {
    let error = #expect(throws: KeyError.self) { try PrivateKey(hex: hex) }
    #expect(error?.code == code)
    #expect(hex.count < 8 || error?.description.contains(hex.prefix(8)) == false)
  }

  @Test func theLargestKeyIsAccepted() throws {
    _ = try PrivateKey(hex: "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364140")
  }

  @Test func nothingThatPrintsAKeyShowsIt() throws {
    let hex = "51d1d6047622bca92272d36b297799ecc152dc2ef91b229debf84fc41e8c73ee"
    let key = try PrivateKey(hex: hex)
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), String(describing: [key]), dumped] {
      #expect(text.contains("•••"))
      #expect(!text.lowercased().contains("51d1"))
    }
  }

  @Test func generatedKeysDifferAndSign() throws {
    let keys = try (0..<20).map { _ in try PrivateKey.generate() }
    #expect(Set(keys.map(\.address)).count == 20)
    let digest = Keccak256.hash("x".utf8)
    for key in keys {
      let signature = try key.sign(digest)
      #expect(signature.bytes[64] <= 1)
      #expect(try recoverSigner(digest: digest, signature: signature) == key.address)
    }
  }

  @Test func aKeyLendsExactlyItsBytes() throws {
    let hex = "51d1d6047622bca92272d36b297799ecc152dc2ef91b229debf84fc41e8c73ee"
    #expect(try PrivateKey(hex: "0x" + hex).withUnsafeBytes { Hex.encode($0) } == hex)
  }

  @Test func signaturesOfAnotherLengthOrKindAreRefused() throws {
    #expect(throws: KeyError.self) { try Signature(bytes: [UInt8](repeating: 1, count: 64)) }
    #expect(throws: KeyError.self) { try Signature(bytes: [UInt8](repeating: 2, count: 65)) }
    let key = try PrivateKey.generate()
    #expect(throws: KeyError.self) { try key.sign([1, 2, 3]) }
    let zero = try Signature(bytes: [UInt8](repeating: 0, count: 65))
    #expect(throws: KeyError.self) { try recoverSigner(digest: [UInt8](repeating: 1, count: 32), signature: zero) }
  }

  @Test func messagesAreSignedAsWalletsDo() throws {
    for vector in try Vectors.load().messages {
      #expect(Hex.encode(MessageSigning.digest(of: Array(vector.message.utf8))) == vector.hash)
      let signature = try Signature(bytes: Hex.decode(vector.signature))
      #expect(try MessageSigning.recoverSigner(of: vector.message, signature: signature).base58 == vector.address)
      let keys = try Vectors.load().private_keys
      let hex = try #require(keys.first { $0.address == vector.address }).private_key
      #expect(try MessageSigning.sign(vector.message, with: PrivateKey(hex: hex)) == signature)
      #expect(try MessageSigning.recoverSigner(of: vector.message + ".", signature: signature).base58 != vector.address)
    }
  }
}
