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

  @Test func theOfficialChainsComeOutByteForByte() throws {
    let vectors = try KeyVectors.load().bip32
    #expect(vectors.count == 17)
    for vector in vectors {
      let key = try ExtendedPrivateKey(seed: Hex.decode(vector.seed)).derived(path: vector.path)
      #expect(key.publicKey.text == vector.xpub, "\(vector.path)")
      #expect(try key.withText { $0 } == vector.xprv, "\(vector.path)")
      #expect(try ExtendedPublicKey(parsing: vector.xpub) == key.publicKey)
      #expect(try ExtendedPrivateKey(parsing: vector.xprv).publicKey == key.publicKey)
    }
  }

  @Test func publicDerivationFollowsTheOfficialChainsWhereNothingIsHardened() throws {
    let vectors = try KeyVectors.load().bip32
    var followed = 0
    for child in vectors {
      guard let slash = child.path.lastIndex(of: "/"), let index = UInt32(child.path[slash...].dropFirst()) else {
        continue
      }
      let parent = try #require(vectors.first { $0.seed == child.seed && $0.path == child.path[..<slash] })
      #expect(try ExtendedPublicKey(parsing: parent.xpub).child(index).text == child.xpub)
      followed += 1
    }
    #expect(followed == 6)
  }

  @Test func theOfficialInvalidKeysAreRefused() throws {
    let vectors = try KeyVectors.load().bip32_invalid
    #expect(vectors.count == 16)
    for vector in vectors {
      let asPrivate = #expect(throws: KeyError.self) { try ExtendedPrivateKey(parsing: vector.text) }
      #expect(asPrivate?.code == "bad_extended_key", "\(vector.why)")
      let asPublic = #expect(throws: KeyError.self) { try ExtendedPublicKey(parsing: vector.text) }
      #expect(["bad_extended_key", "private_extended_key"].contains(asPublic?.code), "\(vector.why)")
    }
  }

  @Test func aPrivateKeyWhereThePublicOneBelongsIsNamedAndNotRepeated() throws {
    let text = try #require(try KeyVectors.load().bip32.first).xprv
    let error = #expect(throws: KeyError.self) { try ExtendedPublicKey(parsing: text) }
    #expect(error?.code == "private_extended_key")
    #expect(error?.description.contains(text.suffix(20)) == false)
  }

  @Test func walletsHaveTheAddressesOfAnotherProgram() throws {
    let vectors = try KeyVectors.load().wallets
    #expect(vectors.count == 6)
    for vector in vectors {
      let branch = try ExtendedPrivateKey(mnemonic: vector.mnemonic).tronAddresses(account: vector.account)
      #expect(branch.publicKey.text == vector.xpub)
      #expect(try branch.withText { $0 } == vector.xprv)
      let open = try ExtendedPublicKey(parsing: vector.xpub)
      for (place, index) in vector.indices.enumerated() {
        #expect(try open.child(index).address.base58 == vector.addresses[place])
        let key = try branch.child(index).key
        #expect(key.address.base58 == vector.addresses[place])
        #expect(try key == PrivateKey(hex: vector.keys[place]))
      }
    }
  }

  @Test func aPublicKeyHasNoHardenedChildren() throws {
    let key = try ExtendedPrivateKey(seed: [UInt8](repeating: 3, count: 16)).publicKey
    for index in [ExtendedPublicKey.hardenedFrom, .max] {
      let error = #expect(throws: KeyError.self) { try key.child(index) }
      #expect(error?.code == "hardened_child")
    }
  }

  @Test func theTreeEndsAtADepthOf255() throws {
    var key = try ExtendedPrivateKey(seed: [UInt8](repeating: 4, count: 16))
    for _ in 0..<255 { key = try key.child(0) }
    #expect(key.publicKey.depth == 255)
    #expect(throws: KeyError.self) { try key.child(0) }
    #expect(throws: KeyError.self) { try key.publicKey.child(0) }
  }

  @Test(arguments: ["", "xpub", "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC"])
  func otherTextsAreNoExtendedKey(text: String) {
    let error = #expect(throws: KeyError.self) { try ExtendedPublicKey(parsing: text) }
    #expect(error?.code == "bad_extended_key")
  }

  @Test(arguments: ["", "44", "m/", "m/x", "m/-1", "m/2147483648", "m/0''", "m//0", "m/+1", "m/ 1", "m/0h"])
  func wrongPathsAreRefused(path: String) throws {
    let master = try ExtendedPrivateKey(seed: [UInt8](repeating: 1, count: 32))
    let error = #expect(throws: KeyError.self) { try master.derived(path: path) }
    #expect(error?.code == "bad_path")
    #expect(throws: KeyError.self) { try ExtendedPrivateKey(seed: [1]) }
    #expect("\(master)" == "•••")
  }
}
