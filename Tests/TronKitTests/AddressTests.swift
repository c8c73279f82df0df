import Foundation
import Testing
import TronKit

@Suite struct AddressTests {
  @Test func base58AndHexNameTheSameAddress() throws {
    let pairs = try Vectors.load().address_pairs
    #expect(pairs.count == 25)
    for pair in pairs {
      let address = try TronAddress(parsing: pair.base58)
      #expect(address.hex == pair.hex)
      #expect(try TronAddress(parsing: pair.hex) == address)
      #expect(try TronAddress(parsing: "0x" + pair.hex) == address)
      #expect(try TronAddress(parsing: pair.hex.uppercased()) == address)
      #expect(try TronAddress(bytes: Hex.decode(pair.hex)).base58 == pair.base58)
    }
  }

  @Test func invalidAddressesOfTheVectorsAreRefusedWithTheirReason() throws {
    let invalid = try Vectors.load().invalid_addresses
    #expect(invalid.count == 8)
    for vector in invalid {
      let error = #expect(throws: TronAddressError.self) { try TronAddress(parsing: vector.value) }
      // The Bitcoin address of the vectors is described there as valid base58check, but ends in 8a9c6129 where the
      // checksum is 8a9c6111: only the EVM address gets as far as its prefix.
      let expected = vector.why == "EVM address" ? "wrong_prefix" : "bad_checksum"
      #expect(error?.code == expected, "\(vector.value)")
      #expect(error?.description.contains(vector.value) == true)
    }
  }

  @Test(arguments: [
    ("", "wrong_length"),
    ("T", "wrong_length"),
    ("TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDe", "wrong_length"),
    ("TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeCC", "wrong_length"),
    (" TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC", "bad_character"),
    ("TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDe0", "bad_character"),
    ("TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeé", "bad_character"),
    ("TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDec", "bad_checksum"),
    ("415cd0fb0ab3ce40f3051414c604b27756e69e43dg", "bad_hex"),
    ("0x415cd0fb0ab3ce40f3051414c604b27756e69e43", "wrong_prefix"),
    ("0x415cd0", "bad_hex"),
    ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "wrong_prefix"),
    ("0xa05cd0fb0ab3ce40f3051414c604b27756e69e43db", "wrong_prefix"),
    (String(repeating: "T", count: 100_000), "wrong_length"),
  ])
  func aWrongTextIsRefusedWithAStableCode(text: String, code: String) {
    let error = #expect(throws: TronAddressError.self) { try TronAddress(parsing: text) }
    #expect(error?.code == code)
    #expect(error.map { $0.description.count < 400 } == true)
  }

  @Test func aWrongCharacterIsNamedWithItsPosition() {
    let error = #expect(throws: TronAddressError.self) {
      try TronAddress(parsing: "TJRyWwFs9wOFGZg3JbrVriFbNfCug5tDeC")
    }
    #expect(error?.reason == .badCharacter(position: 10, character: "O"))
    #expect(error?.description.contains("position 11") == true)
  }

  @Test func everyChangeOfOneCharacterIsNoticed() throws {
    let good = Array("TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC")
    for position in good.indices {
      var changed = good
      changed[position] = changed[position] == "2" ? "3" : "2"
      #expect(throws: TronAddressError.self) { try TronAddress(parsing: String(changed)) }
    }
  }

  @Test func theZeroAddressIsKnown() throws {
    #expect(TronAddress.zero.base58 == "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb")
    #expect(TronAddress.zero.isZero)
    #expect(try !TronAddress(parsing: "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC").isZero)
  }

  @Test func inJSONAnAddressIsItsBase58Text() throws {
    let address = try TronAddress(parsing: "TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC")
    let json = try JSONEncoder().encode([address])
    #expect(String(decoding: json, as: UTF8.self) == #"["TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDeC"]"#)
    #expect(try JSONDecoder().decode([TronAddress].self, from: json) == [address])
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([TronAddress].self, from: Data(#"["TJRyWwFs9wTFGZg3JbrVriFbNfCug5tDec"]"#.utf8))
    }
  }

  @Test func theUSDTContractsAreThoseOfTheNetworks() {
    #expect(USDT.mainnet.base58 == "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
    #expect(USDT.nile.base58 == "TXYZopYRdj2D9XRtbG411XZZ3kM5VkAeBf")
  }

  @Test func base58KeepsLeadingZeros() throws {
    #expect(Base58.encode([0, 0, 1]) == "112")
    #expect(try Base58.decode("112") == [0, 0, 1])
    #expect(Base58.encode([UInt8]()) == "")
    #expect(try Base58.decode("") == [])
  }

  /// Digit by digit, as on paper.
  private static func slowly(_ bytes: [UInt8]) -> String {
    let alphabet = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
    var (rest, text) = (bytes.map { Int($0) }, "")
    while rest.contains(where: { $0 != 0 }) {
      var carry = 0
      for index in rest.indices {
        carry = carry << 8 | rest[index]
        rest[index] = carry / 58
        carry %= 58
      }
      text = String(alphabet[carry]) + text
    }
    return String(repeating: "1", count: bytes.prefix { $0 == 0 }.count) + text
  }

  @Test func base58IsThatOfPaperForEveryLength() throws {
    var generator = SystemRandomNumberGenerator()
    for count in 0...86 {
      for zeros in [0, 1, min(count, 9), count] where zeros <= count {
        let bytes = [UInt8](repeating: 0, count: zeros) + (zeros..<count).map { _ in generator.next() }
        let text = Base58.encode(bytes)
        #expect(text == Self.slowly(bytes))
        #expect(try Base58.decode(text) == bytes)
        #expect(try Base58.decodeChecked(Base58.encodeChecked(bytes)) == bytes)
      }
    }
    #expect(try Base58.decode(String(repeating: "z", count: Base58.lengthMax)).count == 94)
    #expect(throws: Base58Error.self) { try Base58.decode(String(repeating: "z", count: Base58.lengthMax + 1)) }
  }

  @Test func hexNamesThePositionOfAWrongDigitAndNotTheText() throws {
    #expect(try Hex.decode("00fF") == [0, 255])
    let error = #expect(throws: HexError.self) { try Hex.decode("secrex") }
    #expect(error?.reason == .notADigit(position: 0))
    #expect(error?.description.contains("secrex") == false)
    #expect(throws: HexError.self) { try Hex.decode("abc") }
  }
}
