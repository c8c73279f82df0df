import BusKit
import Contracts
import Foundation
import Testing

@Suite("The AsyncAPI document")
struct AsyncAPITests {
  private static let vectors = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors")

  @Test("a validator of others takes it, and every sample of a message by it")
  func validity() throws {
    let samples = try WireFormatTests.goldens().map { golden in
      let name = golden.address.split(separator: " ").first.map(String.init) ?? golden.address
      return #"{"of":"\#(name)","body":\#(golden.json)}"#
    }
    let document = String(decoding: try MessageCoder.encode(AsyncAPIDocument.energy()), as: UTF8.self)
    let said = try Self.validate(#"{"document":\#(document),"samples":[\#(samples.joined(separator: ","))]}"#)
    #expect(said == "checked \(samples.count) samples\n")
  }

  @Test("the validator finds what is wrong")
  func invalidity() throws {
    let document = String(decoding: try MessageCoder.encode(AsyncAPIDocument.energy()), as: UTF8.self)
    let broken = document.replacing(#""action":"receive""#, with: #""action":"eat""#)
      .replacing("#/components/schemas/FundsHeld", with: "#/components/schemas/FundsLost")
    let sample = #"{"of":"order.GetQuote","body":{"energy":"much","durationSeconds":1}}"#
    let said = try Self.validate(#"{"document":\#(broken),"samples":[\#(sample)]}"#)
    #expect(said.contains("document: operations/tx-svc.answer.tx.GetPool"))
    #expect(said.contains("nothing is at #/components/schemas/FundsLost"))
    #expect(said.contains("order.GetQuote energy 'much' is not of type 'integer'"))
  }

  @Test("every message, topic, reader and writer stands in it")
  func completeness() throws {
    let text = try AsyncAPIDocument.energy().text()
    for type in MessageCatalog.energy.messages { #expect(text.contains("\"\(type.messageType)\" : {")) }
    for topic in Topic.all {
      #expect(text.contains("\"\(topic.name)\" : {"))
      #expect(text.contains(topic.streamKey(0)))
      for group in topic.groups { #expect(text.contains("\"\(group.name).receive.\(topic.name)\" : {")) }
    }
    for writers in MessageCatalog.energy.writers {
      for service in writers.services { #expect(text.contains("\"\(service).send.\(writers.topic.name)\" : {")) }
    }
  }

  @Test("every message in the sources is in the catalogue, once, and every lasting topic has its writers")
  func catalogue() throws {
    let types = MessageCatalog.energy.messages.map { $0.messageType }
    // The answer to operators is the bus' own message.
    #expect(Set(types) == Set(try WireFormatTests.declared() + [CommandResult.messageType]))
    #expect(Set(types).count == types.count)
    #expect(Set(MessageCatalog.energy.writers.map(\.topic)) == Set(Topic.all))
    #expect(MessageCatalog.energy.writers.allSatisfy { !$0.services.isEmpty })
  }

  /// Debian's Python has Debian's packages; another one may come first in the path.
  private static func validate(_ input: String) throws -> String {
    for python in ["/usr/bin/python3", "/usr/bin/env"] {
      let prefix = python == "/usr/bin/env" ? ["python3"] : []
      let probe = try run(python, prefix + ["-c", "import jsonschema"], "")
      guard probe.status == 0 else { continue }
      let result = try run(python, prefix + ["-W", "ignore", vectors.appending(path: "validate.py").path], input)
      return result.status == 0 ? result.output : "the validator ended with \(result.status): \(result.output)"
    }
    return "no Python with jsonschema: install python3-jsonschema"
  }

  private static func run(
    _ program: String, _ arguments: [String], _ input: String
  ) throws -> (status: Int32, output: String) {
    let file = FileManager.default.temporaryDirectory.appending(path: "asyncapi-\(UUID().uuidString)")
    try Data(input.utf8).write(to: file)
    defer {
      do { try FileManager.default.removeItem(at: file) } catch { Issue.record("\(error)") }
    }
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardInput = try FileHandle(forReadingFrom: file)
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = try output.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }
}
