import BusKit
import Foundation
import HTTPClient
import TestKit
import Testing
import TronKit

@testable import TxSvc

@Suite("The configured nodes")
struct NodeEntryTests {
  private func read(_ nodes: String, _ more: [String: String] = [:]) -> (entries: [NodeEntry], mistakes: [String]) {
    var reader = EnvironmentReader(more.merging(["ENERGY_TRON_NODES": nodes]) { $1 })
    return (NodeEntry.readAll(&reader), reader.mistakes)
  }

  private func file(_ text: String) throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "key-\(UUID().uuidString)").path
    try text.write(toFile: path, atomically: true, encoding: .utf8)
    return path
  }

  @Test("have a quota when they have a key and are not our own")
  func quota() throws {
    let key = try file("k-1\n")
    let (entries, mistakes) = read(
      "https://api.trongrid.io/, http://127.0.0.1:8090 ,https://open.example key=none",
      ["ENERGY_TRON_API_KEY_FILE": key, "ENERGY_TRON_REQUESTS_PER_DAY": "75000"])
    #expect(mistakes.isEmpty)
    #expect(entries.map(\.url) == ["https://api.trongrid.io", "http://127.0.0.1:8090", "https://open.example"])
    #expect(entries.map(\.apiKey) == ["k-1", "k-1", nil])
    #expect(entries.map(\.limits) == [RequestLimits(perSecond: 15, perDay: 75_000), nil, nil])
  }

  @Test("can each have their own")
  func own() throws {
    let key = try file("k-2")
    let (entries, mistakes) = read("https://a.example key=\(key) second=20,http://localhost:1 day=7")
    #expect(mistakes.isEmpty)
    #expect(entries.map(\.apiKey) == ["k-2", nil])
    #expect(entries.map(\.limits) == [RequestLimits(perSecond: 20), RequestLimits(perSecond: 15, perDay: 7)])
  }

  @Test("share one budget when they share one key, and its name does not show it")
  func sharing() throws {
    let (one, two) = (try file("secret-1"), try file("secret-2"))
    let (entries, _) = read(
      "https://a.example key=\(one),https://b.example key=\(one),https://a.example key=\(two),"
        + "https://c.example second=3")
    let nodes = ConfiguredNodes(entries, http: HTTPClient())
    #expect(nodes.pool.nodes.count == 4)
    #expect(nodes.budgets.count == 3)
    #expect(entries[0].budgetID == entries[1].budgetID && entries[0].budgetID != entries[2].budgetID)
    #expect(entries.allSatisfy { !$0.budgetID.contains("secret") && $0.budgetID.count == 16 })
  }

  @Test(
    "are not given with a user name or password, and these are not repeated",
    arguments: ["https://ann:pass@a.example", "https://ann:pa,ss@a.example", "https://ann@a.example second=3"])
  func user(text: String) throws {
    let (entries, mistakes) = read("https://b.example," + text)
    #expect(entries.isEmpty)
    let mistake = try #require(mistakes.first)
    #expect(mistakes.count == 1)
    #expect(mistake.contains("key=FILE"))
    #expect(["ann", "pa,", "ss@", "a.example"].allSatisfy { !mistake.contains($0) })
  }

  @Test("may have a key file whose path has an @")
  func path() throws {
    let key = try file("k-3")
    let folder = FileManager.default.temporaryDirectory.appending(path: "tx@1-\(UUID().uuidString)").path
    try FileManager.default.moveItem(atPath: key, toPath: folder)
    #expect(read("https://a.example key=\(folder)").entries.map(\.apiKey) == ["k-3"])
  }

  @Test(
    "are refused with the word that is wrong",
    arguments: [
      "ftp://a.example", "https://", "https://a.example second=0", "https://a.example day=-1",
      "https://a.example key=/nowhere/at/all", "https://a.example speed=3", "https://a.example second",
    ])
  func mistakes(text: String) {
    #expect(read(text).mistakes.count == 1)
  }
}
