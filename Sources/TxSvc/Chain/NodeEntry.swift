import BusKit
import Foundation
import HTTPClient
import TronKit

/// One entry of `ENERGY_TRON_NODES`: a URL, and after spaces what is different for this node:
/// `https://api.trongrid.io key=/run/secrets/grid second=15 day=100000`.
struct NodeEntry: Sendable, Equatable {
  let url: String
  let apiKey: String?
  /// Nil for no limit.
  let limits: RequestLimits?

  /// Names the budget that this node shares with others: those of one key, in all replicas. Shows nothing of the key.
  var budgetID: String { SharedRequestBudget.id(apiKey: apiKey, url: url) }

  static func readAll(_ reader: inout EnvironmentReader) -> [NodeEntry] {
    let common =
      reader.optional("ENERGY_TRON_API_KEY_FILE") == nil
      ? nil : reader.secret("ENERGY_TRON_API_KEY_FILE", required: false)
    let defaults = RequestLimits(
      perSecond: reader.integer("ENERGY_TRON_REQUESTS_PER_SECOND", default: 15, in: 1...100_000),
      perDay: reader.integer("ENERGY_TRON_REQUESTS_PER_DAY", default: 100_000, in: 1...1_000_000_000))
    guard let text = reader.string("ENERGY_TRON_NODES") else { return [] }
    // A password may hold a comma, so that the parts before it show nothing: no part is read, and none repeated.
    guard !text.split(separator: ",").contains(where: holdsUser) else {
      reader.mistake("ENERGY_TRON_NODES has a URL with a user name or password (an @): give the key with key=FILE")
      return []
    }
    var entries: [NodeEntry] = []
    for part in text.split(separator: ",") {
      if let entry = read(part, common, defaults, &reader) { entries.append(entry) }
    }
    return entries
  }

  private static func holdsUser(_ text: Substring) -> Bool {
    text.split(whereSeparator: \.isWhitespace).first?.contains("@") ?? false
  }

  private static func read(
    _ text: Substring, _ common: String?, _ defaults: RequestLimits, _ reader: inout EnvironmentReader
  ) -> NodeEntry? {
    let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
    guard let url = words.first, let parts = URLComponents(string: url), ["http", "https"].contains(parts.scheme ?? ""),
      let host = parts.host, !host.isEmpty
    else {
      reader.mistake("ENERGY_TRON_NODES has '\(text)': give URLs such as https://api.trongrid.io, separated by commas")
      return nil
    }
    var key = common
    var second: Int64?
    var day: Int64?
    for word in words.dropFirst() {
      let option = word.split(separator: "=", maxSplits: 1).map(String.init)
      switch (option.first, option.dropFirst().first) {
      case ("key", "none"): key = nil
      case ("key", let path?): key = secret(path, &reader)
      case ("second", let value?) where (Int64(value) ?? 0) > 0: second = Int64(value)
      case ("day", let value?) where (Int64(value) ?? 0) > 0: day = Int64(value)
      default:
        reader.mistake(
          "ENERGY_TRON_NODES has '\(word)' after \(url): give key=FILE, key=none, second=NUMBER or day=NUMBER")
      }
    }
    // A node of one's own, and one that is open to all, has no quota that we know of.
    let isMetered = second != nil || day != nil || (key != nil && !isLoopback(host))
    let limits = RequestLimits(perSecond: second ?? defaults.perSecond, perDay: day ?? defaults.perDay)
    return NodeEntry(
      url: url.hasSuffix("/") ? String(url.dropLast()) : url, apiKey: key, limits: isMetered ? limits : nil)
  }

  private static func secret(_ path: String, _ reader: inout EnvironmentReader) -> String? {
    var file = EnvironmentReader(["ENERGY_TRON_NODES key=": path])
    let key = file.secret("ENERGY_TRON_NODES key=")
    for mistake in file.mistakes { reader.mistake(mistake) }
    return key
  }

  private static func isLoopback(_ host: String) -> Bool {
    ["localhost", "::1", "[::1]"].contains(host)
      || (host.hasPrefix("127.") && host.allSatisfy { "0123456789.".contains($0) })
  }
}

/// The configured nodes as a pool, and the budgets that its replicas share.
struct ConfiguredNodes: Sendable {
  let pool: TronNodePool
  let budgets: [SharedRequestBudget]

  init(_ entries: [NodeEntry], http: HTTPClient) {
    var budgets: [String: SharedRequestBudget] = [:]
    let nodes = entries.map { entry in
      let budget = entry.limits.map { limits in
        budgets[entry.budgetID] ?? SharedRequestBudget(id: entry.budgetID, limits: limits)
      }
      if let budget { budgets[entry.budgetID] = budget }
      return TronNodeClient(baseURL: entry.url, http: http, apiKey: entry.apiKey, budget: budget)
    }
    pool = TronNodePool(nodes: nodes)
    self.budgets = budgets.values.sorted { $0.id < $1.id }
  }
}
