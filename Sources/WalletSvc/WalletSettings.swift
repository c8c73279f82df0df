import BusKit
import HTTPClient
import TronKit

/// What an operator can set.
struct WalletSettings: Sendable {
  /// In the order in which they are asked.
  var sources: [any ChainSource]
  var cache = ChainCachePolicy()
  var adjustments = AdjustmentLimits()
  var custody = CustodySettings()
  var deposits = DepositSettings()

  /// Of one request. The caches stop waiting sooner (`ChainCachePolicy.readLimit`).
  private static let readTimeout: Duration = .milliseconds(900)

  static func read(_ reader: inout EnvironmentReader) -> WalletSettings? {
    let grid = reader.url("ENERGY_TRONGRID_URL")
    let scan = reader.url("ENERGY_TRONSCAN_URL")
    let gridKey = apiKey("ENERGY_TRONGRID_API_KEY_FILE", &reader)
    let scanKey = apiKey("ENERGY_TRONSCAN_API_KEY_FILE", &reader)
    let usdt = usdtContract(&reader)
    let adjustments = AdjustmentLimits.read(&reader)
    let custody = CustodySettings.read(&reader)
    let deposits = DepositSettings.read(&reader, token: usdt)
    guard let grid, let scan else { return nil }
    let http = HTTPClient()
    var settings = WalletSettings(sources: [
      TronGridSource(
        client: TronGridClient(
          baseURL: grid, http: http, apiKey: gridKey, usdtContract: usdt, timeout: readTimeout)),
      TronScanSource(
        client: TronScanClient(
          baseURL: scan, http: http, apiKey: scanKey, usdtContract: usdt, timeout: readTimeout)),
    ])
    settings.deposits = deposits
    settings.adjustments = adjustments
    settings.custody = custody
    settings.custody.treasury = deposits.treasury
    return settings
  }

  private static func apiKey(_ name: String, _ reader: inout EnvironmentReader) -> String? {
    reader.optional(name) == nil ? nil : reader.secret(name)
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
