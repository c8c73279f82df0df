import Testing
import TronKit

@Suite struct ExtendedKeyTests {
  @Test func recoveryPhrasesYieldTheAddressesOfHardwareWallets() throws {
    let vectors = try Vectors.load().hd
    #expect(vectors.count == 3)
    for vector in vectors {
      let master = try ExtendedPrivateKey(mnemonic: vector.mnemonic, passphrase: vector.passphrase)
      let key = try master.derived(path: vector.path).key
      #expect(key.address.base58 == vector.address)
      #expect(key.withUnsafeBytes { Hex.encode($0) } == vector.private_key)
    }
  }

  @Test func thePublicKeyAloneYieldsTheSameAddresses() throws {
    let vector = try #require(try Vectors.load().hd.first)
    let parent = try ExtendedPrivateKey(mnemonic: vector.mnemonic).derived(path: "m/44'/195'/0'/0")
    let extended = try ExtendedPublicKey(parsing: parent.publicKey.text)
    #expect(extended == parent.publicKey)
    #expect(try extended.child(0).address.base58 == vector.address)
    for index in [UInt32(1), 2, 1000, 2_147_483_647] {
      #expect(try extended.child(index).address == parent.child(index).key.address)
    }
    #expect(throws: KeyError.self) { try extended.child(2_147_483_648) }
  }

  @Test func theChainOfBIP32sFirstVectorComesOut() throws {
    let master = try ExtendedPrivateKey(seed: Hex.decode("000102030405060708090a0b0c0d0e0f"))
    #expect(
      master.publicKey.text
        == "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8Y"
          + "tGqsefD265TMg7usUDFdp6W1EGMcet8"
    )
    let child = try ExtendedPublicKey(
      parsing:
        "xpub68Gmy5EdvgibQVfPdqkBBCHxA5htiqg55crXYuXoQRKfDBFA1WEjWgP6LHhwBZeNK1VTsfTFUHCd"
          + "rfp1bgwQ9xv5ski8PX9rL2dZXvgGDnw")
    let derived = try master.derived(path: "m/0'").publicKey
    #expect(child.publicKey == derived.publicKey)
    #expect(try child.child(1).address == derived.child(1).address)
    #expect(child.depth == 1 && child.childNumber == 2_147_483_648)
  }

  @Test(arguments: ["", "xpub", "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC"])
  func otherTextsAreNoExtendedKey(text: String) {
    let error = #expect(throws: KeyError.self) { try ExtendedPublicKey(parsing: text) }
    #expect(error?.code == "bad_extended_key")
  }

  @Test(arguments: ["", "44", "m/", "m/x", "m/-1", "m/2147483648", "m/0''", "m//0"])
  func wrongPathsAreRefused(path: String) throws {
    let master = try ExtendedPrivateKey(seed: [UInt8](repeating: 1, count: 32))
    let error = #expect(throws: KeyError.self) { try master.derived(path: path) }
    #expect(error?.code == "bad_path")
    #expect(throws: KeyError.self) { try ExtendedPrivateKey(seed: [1]) }
    #expect("\(master)" == "•••")
  }
}
