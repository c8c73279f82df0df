import BusKit
import TronKit

/// Where one of the chain's APIs is, and how often it may be asked.
struct ChainAPISettings: Sendable, Equatable {
  let url: String
  let apiKey: String?
  /// Nil for no limit.
  let limits: RequestLimits?

  /// Names the budget, which all that use one key share, in tx-svc as well.
  var budgetID: String { SharedRequestBudget.id(apiKey: apiKey, url: url) }

  /// TronGrid documents 15 requests a second and 100,000 a day for a key, and 3 a second without one.
  static func tronGrid(_ reader: inout EnvironmentReader) -> ChainAPISettings? {
    read("ENERGY_TRONGRID", perSecond: (keyed: 15, keyless: 3), &reader)
  }

  /// TronScan documents 5 requests a second and 100,000 a day for a key.
  static func tronScan(_ reader: inout EnvironmentReader) -> ChainAPISettings? {
    read("ENERGY_TRONSCAN", perSecond: (keyed: 5, keyless: 3), &reader)
  }

  private static func read(
    _ name: String, perSecond: (keyed: Int64, keyless: Int64), _ reader: inout EnvironmentReader
  ) -> ChainAPISettings? {
    let url = reader.url("\(name)_URL")
    let key = reader.optional("\(name)_API_KEY_FILE") == nil ? nil : reader.secret("\(name)_API_KEY_FILE")
    let second = reader.integer(
      "\(name)_REQUESTS_PER_SECOND", default: key == nil ? perSecond.keyless : perSecond.keyed, in: 1...100_000)
    let day = reader.integer("\(name)_REQUESTS_PER_DAY", default: 100_000, in: 1...1_000_000_000)
    guard let url else { return nil }
    let isLimited = ["SECOND", "DAY"].contains { reader.optional("\(name)_REQUESTS_PER_\($0)") != nil }
    // Plain HTTP is a simulator or a gateway of one's own, which has no quota that we know of.
    let isMetered = isLimited || key != nil || url.hasPrefix("https:")
    return ChainAPISettings(
      url: url, apiKey: key, limits: isMetered ? RequestLimits(perSecond: second, perDay: day) : nil)
  }
}

/// The budgets of the APIs, one for each key.
struct ChainBudgets {
  private var budgets: [String: SharedRequestBudget] = [:]

  var all: [SharedRequestBudget] { budgets.values.sorted { $0.id < $1.id } }

  mutating func budget(of settings: ChainAPISettings) -> SharedRequestBudget? {
    guard let limits = settings.limits else { return nil }
    if let known = budgets[settings.budgetID] { return known }
    let budget = SharedRequestBudget(id: settings.budgetID, limits: limits)
    budgets[settings.budgetID] = budget
    return budget
  }
}
