import Foundation
import Redis
import Testing

@testable import BusKit

struct SchemaGeneratorTests {
  private enum Colour: String, Codable, CaseIterable { case red, green = "grün" }
  private enum Level: Int, Codable, CaseIterable { case low = 1, high = 9 }
  private enum Closed: String, Codable { case one }

  private struct Even: Codable, SchemaDescribable {
    let value: Int
    init(from decoder: any Decoder) throws {
      value = try decoder.singleValueContainer().decode(Int.self)
      guard value != 0, value % 2 == 0 else { throw DecodingFailure(field: "even", value: "\(value)") }
    }
    static var jsonSchema: JSONSchema { .integer(minimum: 2).example(4) }
  }

  private struct Leaf: Codable { var name: String }

  private struct Everything: Codable {
    var flag: Bool
    var small: UInt8
    var big: Int64
    var ratio: Double?
    var at: Date
    var until: Date?
    var raw: Data
    var id: UUID
    var colour: Colour
    var level: Level?
    var even: Even
    var leaf: Leaf
    var leaves: [Leaf]
    var byName: [String: Leaf]
    var tags: Set<String>
    var holes: [Int?]
  }

  private final class Tree: Codable {
    var children: [Tree] = []
    var parent: Tree?
  }

  private struct Nested: Decodable {
    enum Keys: String, CodingKey { case outer, inner, pairs }
    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Keys.self)
      let outer = try container.nestedContainer(keyedBy: Keys.self, forKey: .outer)
      _ = try outer.decodeIfPresent(String.self, forKey: .inner)
      var pairs = try container.nestedUnkeyedContainer(forKey: .pairs)
      _ = try pairs.decode(Int.self)
      _ = try pairs.decode(Bool.self)
    }
  }

  private static func definition<T: Decodable>(_ type: T.Type, _ name: String) throws -> String {
    let generator = SchemaGenerator(prefix: "#/")
    let reference = try generator.schema(of: type)
    let key = try #require(generator.definitions.keys.first { $0.hasSuffix(name) })
    #expect(reference == JSONSchema(["$ref": .string("#/" + key)]))
    let text = String(decoding: try MessageCoder.encode(try #require(generator.definitions[key])), as: UTF8.self)
    return text.replacing("SchemaGeneratorTests.", with: "")
  }

  @Test func aStructIsDescribedByWhatItsDecodingAsksFor() throws {
    // Private types have a context in their name, which is not the matter here.
    let found = try Self.definition(Everything.self, "Everything")
      .replacing(/"#\/[^"]*?([A-Za-z]+)"/) { "\"#\($0.1)\"" }
    #expect(
      found == ##"{"properties":{"at":{"format":"date-time","type":"string"},"##
        + ##""big":{"format":"int64","type":"integer"},"##
        + ##""byName":{"additionalProperties":{"$ref":"#Leaf"},"type":"object"},"colour":{"$ref":"#Colour"},"##
        + ##""even":{"$ref":"#Even"},"flag":{"type":"boolean"},"##
        + ##""holes":{"items":{"anyOf":[{"format":"int64","type":"integer"},{"type":"null"}]},"type":"array"},"##
        + ##""id":{"format":"uuid","type":"string"},"leaf":{"$ref":"#Leaf"},"##
        + ##""leaves":{"items":{"$ref":"#Leaf"},"type":"array"},"level":{"$ref":"#Level"},"##
        + ##""ratio":{"type":"number"},"raw":{"contentEncoding":"base64","type":"string"},"##
        + ##""small":{"format":"int32","maximum":255,"minimum":0,"type":"integer"},"##
        + ##""tags":{"items":{"type":"string"},"type":"array"},"##
        + ##""until":{"format":"date-time","type":"string"}},"##
        + ##""required":["at","big","byName","colour","even","flag","holes","id","leaf","leaves","raw","small","##
        + ##""tags"],"##
        + ##""type":"object"}"##)
  }

  @Test func anEnumIsTheListOfItsRawValues() throws {
    #expect(try Self.definition(Colour.self, "Colour") == #"{"enum":["red","grün"]}"#)
    #expect(try Self.definition(Level.self, "Level") == #"{"enum":[1,9]}"#)
  }

  @Test func aTypeThatHoldsItselfRefersToItself() throws {
    let found = try Self.definition(Tree.self, "Tree")
    #expect(found.contains(#""required":["children"]"#))
    #expect(found.matches(of: /"\$ref":"#\/[^"]*Tree"/).count == 2)
  }

  @Test func nestedContainersAndMixedListsAreNoted() throws {
    #expect(
      try Self.definition(Nested.self, "Nested")
        == #"{"properties":{"outer":{"properties":{"inner":{"type":"string"}},"type":"object"},"#
        + #""pairs":{"items":{"oneOf":[{"format":"int64","type":"integer"},{"type":"boolean"}]},"type":"array"}},"#
        + #""required":["outer","pairs"],"type":"object"}"#)
  }

  @Test func whatRefusesMadeUpValuesIsNamedWithTheRemedy() throws {
    struct Holder: Codable { var closed: Closed }
    let error = try #require(throws: SchemaError.self) { try SchemaGenerator().schema(of: Holder.self) }
    #expect(error.type.contains("Closed"))
    #expect(error.reason.contains("CaseIterable"))
  }

  @Test func theCasesOfAnEnumAreObjectsWithOneMember() throws {
    let schema = JSONSchema.cases(["text": .object(["_0": .string()])])
    #expect(
      String(decoding: try MessageCoder.encode(schema), as: UTF8.self)
        == #"{"oneOf":[{"additionalProperties":false,"properties":{"text":{"properties":{"_0":{"type":"string"}},"#
        + #""required":["_0"],"type":"object"}},"required":["text"],"type":"object"}]}"#)
  }

  @Test func theHeadersAreTheFieldsOfAnEntry() throws {
    let fields = try World.envelope(Add(account: "a")).wireFields
    let names = stride(from: 0, to: fields.count, by: 2).map { String(decoding: fields[$0].bytes, as: UTF8.self) }
    guard case .object(let members) = EnvelopeSchema.schema.json, case .object(let described)? = members["properties"]
    else { throw TestFailure() }
    #expect(Set(names) == Set(described.keys).union(["body"]))
  }

  @Test(arguments: [("ts", "0", true), ("ts", "-1", false), ("ttl", "", true), ("ttl", "-1", true), ("ttl", "5", true)])
  func theHeadersAllowWhatTheReaderTakes(name: String, value: String, isAllowed: Bool) throws {
    guard case .object(let members) = EnvelopeSchema.schema.json, case .object(let fields)? = members["properties"],
      case .object(let field)? = fields[name], case .string(let pattern)? = field["pattern"]
    else { throw TestFailure() }
    #expect(try (Regex(pattern).wholeMatch(in: value) != nil) == isAllowed)
    let words = try World.envelope(Add(account: "a")).wireFields.map { RedisValue.bulk($0.bytes) }
    let place = try #require(words.firstIndex { $0.string == name })
    var wire = words
    wire[place + 1] = .bulk(Array(value.utf8))
    #expect(((try? Envelope(wire: wire)) != nil) == isAllowed)
  }

  private struct TestFailure: Error {}
}
