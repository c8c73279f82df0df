import Testing
import TronKit

@Suite struct RecoveryPhraseTests {
  private func hex(_ seed: SecretBytes) -> String { seed.withUnsafeBytes { Hex.encode($0) } }

  private func text(_ phrase: RecoveryPhrase) throws -> String {
    try phrase.withText { String(decoding: $0, as: UTF8.self) }
  }

  @Test func theOfficialPhrasesHaveTheirEntropySeedAndKey() throws {
    let vectors = try KeyVectors.load().bip39
    #expect(vectors.count == 24)
    for vector in vectors {
      let phrase = try RecoveryPhrase(parsing: vector.mnemonic)
      #expect(try Hex.decode(vector.entropy).withUnsafeBytes { try RecoveryPhrase(entropy: $0) } == phrase)
      #expect(try text(phrase) == vector.mnemonic)
      #expect(phrase.wordCount == vector.mnemonic.split(separator: " ").count)
      #expect(hex(try phrase.seed(passphrase: vector.passphrase)) == vector.seed)
      let master = try ExtendedPrivateKey(phrase: phrase, passphrase: vector.passphrase)
      #expect(try master.withText { $0 } == vector.xprv)
    }
  }

  @Test func passphrasesAreNormalised() throws {
    let vectors = try KeyVectors.load().passphrases
    #expect(vectors.count == 6)
    for vector in vectors {
      let phrase = try RecoveryPhrase(parsing: vector.mnemonic)
      #expect(hex(try phrase.seed(passphrase: vector.passphrase)) == vector.seed, "\(vector.passphrase)")
    }
    let phrase = try RecoveryPhrase.generate()
    #expect(try phrase.seed(passphrase: "é") == phrase.seed(passphrase: "e\u{301}"))
    #expect(try phrase.seed(passphrase: "é") != phrase.seed(passphrase: "e"))
  }

  @Test(arguments: [12, 15, 18, 21, 24]) func aGeneratedPhraseIsReadBack(words: Int) throws {
    let phrase = try RecoveryPhrase.generate(wordCount: words)
    let text = try text(phrase)
    #expect(text.split(separator: " ").count == words)
    #expect(try RecoveryPhrase(parsing: "  \(text.replacing(" ", with: "\n"))\n") == phrase)
    #expect(try RecoveryPhrase.generate(wordCount: words) != phrase)
  }

  @Test(arguments: [
    ("", "phrase_length"),
    ("abandon", "phrase_length"),
    ("all all all all all all all all all all all all all", "phrase_length"),
    (String(repeating: "all ", count: 27), "phrase_length"),
    ("all all all all all all all all all all all al", "phrase_word"),
    ("All all all all all all all all all all all all", "phrase_word"),
    ("abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon",
     "phrase_checksum"),
  ]) func aWrongPhraseIsRefusedWithoutRepeatingIt(text: String, code: String) {
    let error = #expect(throws: KeyError.self) { try RecoveryPhrase(parsing: text) }
    #expect(error?.code == code)
    #expect(error?.description.contains("abandon") == false)
  }

  @Test func theWrongWordIsNamedByItsPlace() {
    let error = #expect(throws: KeyError.self) {
      try RecoveryPhrase(parsing: "all all secrex all all all all all all all all all")
    }
    #expect(error?.description.contains("word 3") == true)
    #expect(error?.description.contains("secrex") == false)
  }

  @Test func twoSwappedWordsAreNoticedFifteenTimesInSixteen() throws {
    var refused = 0
    for _ in 0..<64 {
      var words = try text(try RecoveryPhrase.generate(wordCount: 12)).split(separator: " ")
      guard let place = words.indices.dropLast().first(where: { words[$0] != words[$0 + 1] }) else { continue }
      words.swapAt(place, place + 1)
      do { _ = try RecoveryPhrase(parsing: words.joined(separator: " ")) } catch { refused += 1 }
    }
    #expect(refused > 40)
  }

  @Test func nothingThatPrintsAPhraseShowsIt() throws {
    let phrase = try RecoveryPhrase(parsing: "all all all all all all all all all all all all")
    var dumped = ""
    dump(phrase, to: &dumped)
    for text in ["\(phrase)", String(reflecting: phrase), dumped] {
      #expect(text.contains("•••"))
      #expect(!text.contains("all"))
    }
  }

  @Test(arguments: [0, 14, 17, 33]) func entropyOfAnotherLengthIsRefused(count: Int) {
    let error = #expect(throws: KeyError.self) {
      try [UInt8](repeating: 7, count: count).withUnsafeBytes { try RecoveryPhrase(entropy: $0) }
    }
    #expect(error?.code == "bad_entropy")
    #expect(throws: KeyError.self) { try RecoveryPhrase.generate(wordCount: count) }
  }
}
