import Testing

@testable import TronKit

/// The grammar of the reader for large answers: RFC 8259, and nothing beside it.
struct NodeJSONReaderTests {
  private func accepts(_ text: String) -> Bool {
    do {
      try JSONReader.read(Array(text.utf8)) { try $0.skip() }
      return true
    } catch { return false }
  }

  @Test(arguments: [
    "{}", " [ ] ", "[1,-0.5e+3,0,12E7]", #"{"a":{"b":[true,false,null,"x"]}}"#, #""é\n\"\\\/\b\f\r\t\u00e9""#,
    #"{"a":1,"a":2}"#, "\t\r\n7",
  ])
  func whatIsJSONIsPassedOver(text: String) {
    #expect(accepts(text))
  }

  @Test(arguments: [
    "", "{", "}", "[1,]", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, #"{a:1}"#, "[1 2]", "01", "-", "1.", ".5", "1e",
    "+1", "tru", "nulll", "NaN", #""\x""#, #""\u12g4""#, #"""#, "\"\u{1}\"", "\"a\nb\"", "{} {}", "1,", "'a'",
  ])
  func whatIsNotIsRefused(text: String) {
    #expect(!accepts(text))
  }

  @Test func depthIsLimited() {
    let depth = JSONReader.depthMax
    #expect(accepts(String(repeating: "[", count: depth) + String(repeating: "]", count: depth)))
    #expect(!accepts(String(repeating: "[", count: depth + 1) + String(repeating: "]", count: depth + 1)))
  }

  @Test func bytesThatAreNotUTF8AreRefused() {
    for bytes in [[0x22, 0xff, 0x22], [0x22, 0xc3, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22]] as [[UInt8]] {
      #expect(throws: JSONReader.Fault.self) { try JSONReader.read(bytes) { try $0.skip() } }
    }
  }

  @Test(arguments: [
    ("0", 0), ("-1", -1), ("9223372036854775807", .max), ("-9223372036854775808", .min),
    ("9007199254740993", 9_007_199_254_740_993),
  ] as [(String, Int64)])
  func integersAreExactToTheirLastDigit(text: String, value: Int64) throws {
    #expect(try JSONReader.read(Array(text.utf8)) { try $0.integer() } == value)
  }

  @Test(arguments: ["9223372036854775808", "1.0", "1e3", "\"1\"", "00", "-", "true"])
  func whatIsNoWholeNumberIsRefused(text: String) {
    #expect(throws: JSONReader.Fault.self) { try JSONReader.read(Array(text.utf8)) { try $0.integer() } }
  }

  @Test(arguments: [#""0""#, #""0g""#, #""0\u0030""#, "12", #""é""#])
  func whatIsNotHexadecimalIsRefused(text: String) {
    #expect(throws: JSONReader.Fault.self) { try JSONReader.read(Array(text.utf8)) { try $0.hex() } }
  }

  @Test func hexadecimalOfEitherCaseIsRead() throws {
    #expect(try JSONReader.read(Array(#""09afAF""#.utf8)) { try $0.hex() } == [0x09, 0xaf, 0xaf])
  }
}
