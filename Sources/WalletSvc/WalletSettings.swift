import BusKit
import HTTPClient
import TronKit

/// What an operator can set.
struct WalletSettings: Sendable {
  /// In the order in which they are asked.
  var sources: [any ChainSource]
  var cache = ChainCachePolicy()
  var deposits = DepositSettings()
  var adjustments = AdjustmentLimits()
  var custody = CustodySettings()
  var supply = ChainSupply()
  /// Of the APIs that have a quota.
  var budgets: [SharedRequestBudget] = []

  /// Of one request. The caches stop waiting sooner (`ChainCachePolicy.readLimit`).
  private static let readTimeout: Duration = .milliseconds(900)
  /// Shorter than `ChainCachePolicy.hedgeAfter`: when the requests to one API are used up the other is asked at once.
  private static let budgetPatience: Duration = .milliseconds(200)

  static func read(_ reader: inout EnvironmentReader) -> WalletSettings? {
    let grid = ChainAPISettings.tronGrid(&reader)
    let scan = ChainAPISettings.tronScan(&reader)
    let usdt = usdtContract(&reader)
    let deposits = DepositSettings.read(&reader, token: usdt)
    let adjustments = AdjustmentLimits.read(&reader)
    var custody = CustodySettings.read(&reader)
    custody.treasury = deposits.treasury
    guard let grid, let scan else { return nil }
    let http = HTTPClient()
    var budgets = ChainBudgets()
    return WalletSettings(
      sources: [
        TronGridSource(
          client: TronGridClient(
            baseURL: grid.url, http: http, apiKey: grid.apiKey, usdtContract: usdt, timeout: readTimeout,
            budget: budgets.budget(of: grid), budgetPatience: budgetPatience)),
        TronScanSource(
          client: TronScanClient(
            baseURL: scan.url, http: http, apiKey: scan.apiKey, usdtContract: usdt, timeout: readTimeout,
            budget: budgets.budget(of: scan), budgetPatience: budgetPatience)),
      ],
      deposits: deposits, adjustments: adjustments, custody: custody, supply: ChainSupply(of: usdt),
      budgets: budgets.all)
  }

  /// Each network has its own; tokens are told apart by contract, never by symbol.
  private static func usdtContract(_ reader: inout EnvironmentReader) -> TronAddress {
    guard let text = reader.optional("ENERGY_USDT_CONTRACT") else { return USDT.mainnet }
    do {
      return try TronAddress(parsing: text)
    } catch {
      reader.mistake("ENERGY_USDT_CONTRACT is '\(text)': \(error)")
      return USDT.mainnet
    }
  }
}
