import Foundation
import Testing

@testable import BusKit

/// What is written by hand through the containers, what is refused, and what is said about it.
struct JSONCoderTests {
  private func json(_ value: some Encodable) throws -> String {
    String(decoding: try MessageCoder.encode(value), as: UTF8.self)
  }

  private func decode<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
    try MessageCoder.decode(type, from: Array(text.utf8))
  }

  // MARK: - Encoding by hand

  /// An encodable whose encoding is the closure.
  private struct Custom: Encodable {
    let body: @Sendable (any Encoder) throws -> Void
    init(_ body: @escaping @Sendable (any Encoder) throws -> Void) { self.body = body }
    func encode(to encoder: any Encoder) throws { try body(encoder) }
  }

  private func key(_ name: String) -> PlainKey { PlainKey(stringValue: name) }

  @Test func containersMayBeWrittenInAnyOrder() throws {
    let key = key
    let value = Custom { encoder in
      var outer = encoder.container(keyedBy: PlainKey.self)
      var list = outer.nestedUnkeyedContainer(forKey: key("z"))
      try list.encode(1)
      var inner = outer.nestedContainer(keyedBy: PlainKey.self, forKey: key("b"))
      try inner.encode("x", forKey: key("second"))
      try outer.encode(true, forKey: key("a"))
      try list.encodeNil()
      var deep = list.nestedContainer(keyedBy: PlainKey.self)
      try inner.encode("y", forKey: key("first"))
      try deep.encode([1, 2], forKey: key("k"))
      let late = outer.superEncoder(forKey: key("late"))
      try outer.encode(2.5, forKey: key("m"))
      var again = outer.nestedContainer(keyedBy: PlainKey.self, forKey: key("b"))
      try again.encodeNil(forKey: key("third"))
      var single = late.singleValueContainer()
      try single.encode("at last")
    }
    let expected = """
      {"a":true,"b":{"first":"y","second":"x","third":null},"late":"at last","m":2.5,"z":[1,null,{"k":[1,2]}]}
      """
    #expect(try json(value) == expected)
  }

  private class Base: Codable {
    var id = 7
  }
  private final class Derived: Base {
    var name = "n"
    private enum CodingKeys: CodingKey { case name }
    override init() { super.init() }
    required init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      name = try container.decode(String.self, forKey: .name)
      try super.init(from: container.superDecoder())
    }
    override func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try super.encode(to: container.superEncoder())
      try container.encode(name, forKey: .name)
    }
  }

  @Test func aSubclassKeepsItsSuperclassUnderSuper() throws {
    #expect(try json(Derived()) == #"{"name":"n","super":{"id":7}}"#)
    let back = try decode(Derived.self, #"{"super":{"id":8},"name":"m"}"#)
    #expect(back.id == 8 && back.name == "m")
    let failure = #expect(throws: DecodingFailure.self) { try decode(Derived.self, #"{"name":"m"}"#) }
    #expect(failure?.value.contains("null") == true)
  }

  @Test func theLaterOfTwoValuesForAKeyIsWritten() throws {
    let key = key
    let value = Custom { encoder in
      var outer = encoder.container(keyedBy: PlainKey.self)
      for number in 0..<50 { try outer.encode(number, forKey: key("k\(number % 7)")) }
    }
    #expect(try json(value) == #"{"k0":49,"k1":43,"k2":44,"k3":45,"k4":46,"k5":47,"k6":48}"#)
  }

  @Test func keysAreInTheOrderOfTheirBytesAndEscaped() throws {
    let value = ["b": 1, "a\"": 2, "a": 3, "a!": 4, "abcdefghi": 5, "abcdefgh": 6, "": 7, "\u{1}": 8, "é": 9]
    #expect(
      try json(value)
        == #"{"":7,"\u0001":8,"a":3,"a!":4,"a\"":2,"abcdefgh":6,"abcdefghi":5,"b":1,"é":9}"#)
    #expect(try decode([String: Int].self, try json(value)) == value)
  }

  @Test func whatThrewAndWasCaughtLeavesNothingBehind() throws {
    let key = key
    let value = Custom { encoder in
      var outer = encoder.container(keyedBy: PlainKey.self)
      try? outer.encode(Double.nan, forKey: key("a"))
      try? outer.encode(["x": [1, Double.infinity]], forKey: key("b"))
      try outer.encode(1, forKey: key("c"))
      var list = outer.nestedUnkeyedContainer(forKey: key("d"))
      try? list.encode(Float.nan)
      try list.encode(2)
      #expect(list.count == 1)
    }
    #expect(try json(value) == #"{"c":1,"d":[2]}"#)
  }

  @Test func aTypeThatEncodesNothingIsAnEmptyObjectInsideAndAnErrorAlone() throws {
    struct Nothing: Encodable { func encode(to encoder: any Encoder) {} }
    #expect(try json([Nothing()]) == "[{}]")
    #expect(throws: EncodingError.self) { try json(Nothing()) }
  }

  @Test func whatJSONCannotExpressIsAnErrorThatNamesThePath() throws {
    let error = #expect(throws: EncodingError.self) { try json(["a": [1, -Double.infinity]]) }
    guard case .invalidValue(_, let context) = error else { return }
    #expect(context.codingPath.map(\.stringValue) == ["a", "Index 1"])
    #expect(throws: EncodingError.self) { try json([Float.nan]) }
    #expect(throws: EncodingError.self) { try json([Decimal.nan]) }
    #expect(throws: EncodingError.self) { try json([Date(timeIntervalSince1970: .nan)]) }
    #expect(throws: EncodingError.self) { try json([Date(timeIntervalSince1970: 1e300)]) }
    #expect(throws: EncodingError.self) { try json([Date(timeIntervalSince1970: -1e11)]) }
  }

  @Test func misuseOfAContainerIsAnErrorAndNoCrash() throws {
    let twice = Custom { encoder in
      var container = encoder.singleValueContainer()
      try container.encode(1)
      try container.encode(2)
    }
    #expect(throws: EncodingError.self) { try json(twice) }
    let mixed = Custom { encoder in
      var list = encoder.unkeyedContainer()
      try list.encode(1)
      var object = encoder.container(keyedBy: PlainKey.self)
      try object.encode(1, forKey: PlainKey(stringValue: "a"))
    }
    #expect(throws: EncodingError.self) { try json(mixed) }
  }

  // MARK: - Depth and size

  private indirect enum Nested: Codable {
    case end
    case list([Nested])
    init(from decoder: any Decoder) throws {
      var list = try decoder.unkeyedContainer()
      self = list.isAtEnd ? .end : .list([try list.decode(Nested.self)])
    }
    func encode(to encoder: any Encoder) throws {
      var list = encoder.unkeyedContainer()
      if case .list(let inner) = self { for value in inner { try list.encode(value) } }
    }
  }

  @Test func depthHasALimitInBothDirections() throws {
    func text(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    let deep = try decode(Nested.self, text(511))
    #expect(try json(deep) == text(511))
    #expect(throws: EncodingError.self) { try json(Nested.list([deep])) }
    #expect(throws: DecodingFailure.self) { try decode(Nested.self, text(513)) }
    let hostile = [UInt8](repeating: UInt8(ascii: "["), count: 200_000)
    #expect(throws: DecodingFailure.self) { try MessageCoder.decode(Nested.self, from: hostile) }
    let objects = Array(String(repeating: #"{"a":"#, count: 40_000).utf8)
    #expect(throws: DecodingFailure.self) { try MessageCoder.decode([String: Int].self, from: objects) }
  }

  @Test func sizeHasALimitInBothDirections() throws {
    let large = String(repeating: "x", count: JSONScanner.bytesMax - 2)
    #expect(try decode(String.self, try json(large)) == large)
    #expect(throws: EncodingError.self) { try json(large + "x") }
    #expect(throws: DecodingFailure.self) { try decode(String.self, "\"\(large)x\"") }
  }

  // MARK: - Texts that are refused

  @Test(arguments: [
    "", " ", "{", "}", "[", "]", "[1", "[1,", "[1,]", "[,1]", "[1 2]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{a:1}",
    #"{"a":1 "b":2}"#, #"{"a" 1}"#, #"{1:2}"#, "[1}", "{]", "nul", "nulll", "tru", "True", "01", "-", "-01", "+1", ".5",
    "1.", "1.e3", "1e", "1e+", "0x10", "NaN", "Infinity", "1 2", #""a"#, #""\x""#, #""\u12""#, #""\u12g4""#,
    #""\ud800""#, #""\ud800\u0041""#, #""\udc00""#, "\"\u{1}\"", "\"a\nb\"", "'a'", "[1]x", "\u{feff}1", #""\"#, #""\u"#,
  ])
  func textThatIsNotJSONIsRefused(_ text: String) {
    #expect(throws: DecodingFailure.self) { try decode(Anything.self, text) }
    #expect(throws: DecodingFailure.self) { try decode([String: Anything].self, #"{"unread":\#(text),"x":[1]}"#) }
  }

  /// Takes whatever stands there without looking at it.
  private struct Anything: Decodable {
    init(from decoder: any Decoder) {}
  }

  @Test(arguments: [
    [0x80], [0xc0, 0xaf], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x80, 0x80, 0x80],
    [0xf4, 0x90, 0x80, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82], [0xff], [0xc3],
  ] as [[UInt8]])
  func aStringThatIsNotUTF8IsRefused(_ bytes: [UInt8]) {
    for padding in 0..<10 {
      let text = Array(("[\"" + String(repeating: "a", count: padding)).utf8) + bytes
      #expect(throws: DecodingFailure.self) { try MessageCoder.decode([String].self, from: text + Array("\"]".utf8)) }
      #expect(throws: DecodingFailure.self) { try MessageCoder.decode([String].self, from: text + Array("a\"]".utf8)) }
    }
  }

  @Test(arguments: [
    #"{"a":1,"a":1}"#, #"{"b":1,"a":2,"b":3}"#, #"{"a":1,"\u0061":2}"#, #"[{"x":{"k":1,"l":{},"k":2}}]"#,
  ])
  func aKeyThatComesTwiceIsRefused(_ text: String) {
    let failure = #expect(throws: DecodingFailure.self) { try decode(Anything.self, text) }
    #expect(failure?.value.contains("comes twice") == true)
  }

  // MARK: - What is read

  @Test func keysMayComeInAnyOrderWithUnknownOnesBetween() throws {
    struct Value: Decodable, Equatable {
      let a: Int, b: [String], c: [String: Int]?, d: Int?, e: Bool
    }
    let text = #" { "z" : {"a":[9,{"a":8}]} , "e":true,"c":null, "b":["x","\u00e9\ud83d\ude00\/"],"\u0061": 1.0 } "#
    #expect(try decode(Value.self, text) == Value(a: 1, b: ["x", "é😀/"], c: nil, d: nil, e: true))
  }

  @Test func manyKeysAreFoundAndKeptApart() throws {
    let pairs = (0..<5000).map { ("key-\($0)", $0) }
    let value = Dictionary(uniqueKeysWithValues: pairs)
    #expect(try decode([String: Int].self, try json(value)) == value)
    let shuffled = "{" + pairs.reversed().map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}"
    #expect(try decode([String: Int].self, shuffled) == value)
  }

  @Test func aValueIsReadTwiceAndAnArrayStaysWhereItFailed() throws {
    struct Value: Decodable {
      init(from decoder: any Decoder) throws {
        let object = try decoder.container(keyedBy: PlainKey.self)
        let list = PlainKey(stringValue: "list")
        var first = try object.nestedUnkeyedContainer(forKey: list)
        #expect(first.count == 3 && first.currentIndex == 0)
        #expect(throws: DecodingError.self) { try first.decode(Int.self) }
        #expect(try first.decode(String.self) == "a")
        #expect(try first.decodeNil() == false)
        #expect(try first.decode(Int.self) == 2)
        #expect(try first.decodeNil())
        #expect(first.isAtEnd)
        #expect(throws: DecodingError.self) { try first.decode(Int.self) }
        #expect(try object.decode([String?].self, forKey: PlainKey(stringValue: "texts")) == ["b", nil])
        #expect(object.allKeys.map(\.stringValue) == ["list", "texts"])
        #expect(try object.decodeNil(forKey: list) == false)
        #expect(object.contains(list) && !object.contains(PlainKey(stringValue: "lis")))
      }
    }
    _ = try decode(Value.self, #"{"list":["a",2,null],"texts":["b",null]}"#)
  }

  // MARK: - What is said

  private struct Order: Codable {
    struct Leg: Codable { let energy: Int64 }
    let id: UUID, legs: [Leg], at: Date
  }

  @Test(arguments: [
    (#"{"legs":[],"at":"2026-01-31T12:00:00Z"}"#, "id", "missing"),
    (#"{"id":"x","legs":[],"at":"2026-01-31T12:00:00Z"}"#, "id", #""x" is not a UUID"#),
    (#"{"id":"0190b7f0-0000-7000-8000-00000000002a","legs":[{"energy":1},{"energy":"2"}],"at":""}"#,
      "legs[1].energy", #""2" is not Int64"#),
    (#"{"id":"0190b7f0-0000-7000-8000-00000000002a","legs":[{"energy":1},{}],"at":""}"#, "legs[1].energy", "missing"),
    (#"{"id":"0190b7f0-0000-7000-8000-00000000002a","legs":[{"energy":99999999999999999999}],"at":""}"#,
      "legs[0].energy", "99999999999999999999 does not fit into Int64"),
    (#"{"id":"0190b7f0-0000-7000-8000-00000000002a","legs":[],"at":"soon"}"#, "at", #""soon" is not an ISO 8601 date"#),
    (#"{"id":null,"legs":[],"at":"soon"}"#, "id", "null instead of UUID"),
    (#"[1]"#, "body of Order", "[1]… is not Dictionary<String, Any>"),
    (#"{"id":?}"#, "body of Order", "unexpected '?' where a value begins, at byte 6"),
  ])
  func aFailureNamesThePathAndTheValue(text: String, field: String, value: String) {
    let failure = #expect(throws: DecodingFailure.self) { try decode(Order.self, text) }
    #expect(failure?.field == field)
    #expect(failure?.value == value)
  }

  @Test func aDecoderThatOutlivesItsDecodingStillReads() throws {
    struct Kept: Decodable {
      let decoder: any Decoder
      init(from decoder: any Decoder) { self.decoder = decoder }
    }
    let kept = try decode([String: Kept].self, #"{"a":{"b":[1,2]}}"#)
    let decoder = try #require(kept["a"]?.decoder)
    #expect(try [String: [Int]](from: decoder) == ["b": [1, 2]])
    #expect(decoder.codingPath.map(\.stringValue) == ["a"])
  }
}
