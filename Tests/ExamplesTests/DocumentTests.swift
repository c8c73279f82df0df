import Foundation
import Testing

/// What the document says of the code is still so: the tests that it names exist, and no setting is left out.
struct DocumentTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  private static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appending(path: path), encoding: .utf8)
  }

  private static func swiftFiles(_ folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: root.appending(path: folder).path())
      .filter { $0.hasSuffix(".swift") }.map { try text("\(folder)/\($0)") }
  }

  @Test(arguments: [
    ("docs/bus.md", ["Tests/BusKitTests", "Tests/PostgresTests", "Tests/RedisTests"], 30),
    ("docs/tronkit.md", ["Tests/TronKitTests"], 8),
  ]) func theTestsThatItNamesExist(_ path: String, _ folders: [String], _ least: Int) throws {
    let document = try Self.text(path)
    let files = try folders.flatMap { try Self.swiftFiles($0) }
    let names = document.matches(of: /`([A-Z][A-Za-z0-9]*Tests)(?:\.([a-z][A-Za-z0-9]*))?`/)
    #expect(names.count >= least)
    for match in names {
      let suite = files.filter { $0.contains("struct \(match.1) ") }
      #expect(!suite.isEmpty, "no suite \(match.1)")
      guard let function = match.2 else { continue }
      let exists = suite.contains { $0.contains("func \(function)(") }
      #expect(exists, "\(match.1) has no \(function)")
    }
  }

  @Test func thePromisesThatItNamesAreAsked() throws {
    let document = try Self.text("docs/bus.md").split(separator: "## What breaks message buses")
    let suite = try Self.swiftFiles("Sources/BusKitTesting/Conformance").joined()
    let rows = try #require(document.last).split(separator: "\n").filter { $0.hasPrefix("|") }
    #expect(rows.count == 34 + 2)
    let promises = rows.compactMap { $0.split(separator: "|").last }.flatMap { $0.matches(of: /"([^"]+)"/) }
    #expect(promises.count > 10)
    for promise in promises {
      let isAsked = suite.contains("\"\(promise.1)\"")
      #expect(isAsked, "no promise '\(promise.1)'")
    }
  }

  @Test(arguments: [
    ("Sources/BusKit/Runtime/ServiceConfiguration.swift", "BusTiming"),
    ("Sources/BusKit/Direct/ConsumerOptions.swift", "ConsumerOptions"),
  ]) func everySettingIsExplained(_ path: String, _ type: String) throws {
    let document = try Self.text("docs/bus.md")
    let source = try Self.text(path)
    let start = try #require(source.range(of: "public struct \(type)"))
    let fields = source[start.upperBound...].matches(of: /public var ([a-zA-Z]+)/).map(\.1)
    #expect(fields.count >= 10)
    for field in fields {
      let isExplained = document.contains("`\(field)`")
      #expect(isExplained, "\(type).\(field) is not explained")
    }
  }

  @Test func everyErrorOfTheOfflineHalfIsListed() throws {
    let document = try Self.text("docs/tronkit.md")
    var codes: Set<Substring> = []
    for path in [
      "Keys/KeyError", "Address/TronAddressError", "Amounts/AmountError", "Transaction/TransactionError",
      "Token/ABIError",
    ] {
      let source = try Self.text("Sources/TronKit/\(path).swift")
      codes.formUnion(source.matches(of: /KeyError\(\s*"([a-z0-9_]+)"/).map(\.1))
      codes.formUnion(source.matches(of: /case \.[a-zA-Z0-9]+: "([a-z0-9_]+)"\n/).map(\.1))
    }
    #expect(codes.count >= 30)
    for code in codes {
      let isListed = document.contains("`\(code)`")
      #expect(isListed, "the error \(code) is not listed")
    }
  }

  @Test func everyErrorOfANodeIsListed() throws {
    let document = try Self.text("docs/tronkit.md")
    let source = try Self.text("Sources/TronKit/Node/TronNodeError.swift")
    let start = try #require(source.range(of: "public enum Code"))
    let end = try #require(source.range(of: "public let code"))
    let cases = source[start.upperBound..<end.lowerBound].matches(of: /case ([a-zA-Z]+)(?: = "([a-z_]+)")?/)
    #expect(cases.count >= 10)
    for found in cases {
      let code = found.2 ?? found.1
      let isListed = document.contains("`\(code)`")
      #expect(isListed, "the error \(code) is not listed")
    }
  }

  @Test(arguments: [
    ("docs/bus.md", "Sources/BusKit"), ("docs/operations.md", "Sources/BusKit"),
    ("docs/operations.md", "Sources/TxSvc"), ("docs/tron.md", "Sources/TxSvc"),
  ]) func theMetricsThatItNamesExist(_ document: String, _ folder: String) throws {
    let sources = try Self.swiftFiles(folder).joined()
    let prefix = folder.hasSuffix("TxSvc") ? "energy_tx_" : "energy_bus_"
    let names = try Self.text(document).matches(of: /`(energy_[a-z_]+)/).map(\.1).filter { $0.hasPrefix(prefix) }
    #expect(names.count >= 5)
    for name in names {
      let isMeasured = sources.contains("\"\(name)\"") || name == Substring(prefix)
      #expect(isMeasured, "\(document) names \(name), which nothing measures")
    }
  }
}
