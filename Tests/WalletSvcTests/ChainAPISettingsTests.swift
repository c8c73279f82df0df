import BusKit
import Foundation
import Testing
import TronKit

@testable import WalletSvc

@Suite("How often the chain's APIs may be asked")
struct ChainAPISettingsTests {
  private func grid(_ values: [String: String]) throws -> ChainAPISettings? {
    var reader = EnvironmentReader(values)
    let settings = ChainAPISettings.tronGrid(&reader)
    try reader.finish()
    return settings
  }

  @Test("is what they document, less without a key, and without limit where they are one's own")
  func defaults() throws {
    let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try Data("secret-key\n".utf8).write(to: file)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: file) } }
    let url = "https://api.trongrid.io"
    let keyless = try #require(try grid(["ENERGY_TRONGRID_URL": url]))
    #expect(keyless.limits == RequestLimits(perSecond: 3, perDay: 100_000))
    let keyed = try #require(
      try grid(["ENERGY_TRONGRID_URL": url, "ENERGY_TRONGRID_API_KEY_FILE": file.path()]))
    #expect(keyed.limits == RequestLimits(perSecond: 15, perDay: 100_000) && keyed.apiKey == "secret-key")
    #expect(!keyed.budgetID.contains("secret") && keyed.budgetID != keyless.budgetID)
    #expect(try grid(["ENERGY_TRONGRID_URL": "http://tron-sim:8080"])?.limits == nil)
    let own = ["ENERGY_TRONGRID_URL": "http://tron-sim:8080", "ENERGY_TRONGRID_REQUESTS_PER_SECOND": "7"]
    #expect(try grid(own)?.limits == RequestLimits(perSecond: 7, perDay: 100_000))
    #expect(throws: ConfigurationError.self) {
      try grid(["ENERGY_TRONGRID_URL": url, "ENERGY_TRONGRID_REQUESTS_PER_DAY": "many"])
    }
  }

  @Test("is one budget for all that use one key")
  func shared() {
    let limits = RequestLimits(perSecond: 5, perDay: nil)
    var budgets = ChainBudgets()
    let first = budgets.budget(of: ChainAPISettings(url: "https://a", apiKey: "k", limits: limits))
    let second = budgets.budget(of: ChainAPISettings(url: "https://b", apiKey: "k", limits: limits))
    #expect(first === second && first != nil)
    #expect(budgets.budget(of: ChainAPISettings(url: "https://b", apiKey: "l", limits: limits)) !== first)
    #expect(budgets.budget(of: ChainAPISettings(url: "http://c", apiKey: nil, limits: nil)) == nil)
    #expect(budgets.all.count == 2)
  }
}
