import BusKit
import TronKit

/// What an operator can set of deposits.
struct DepositSettings: Sendable {
  /// nil: deposits are off; no addresses are handed out.
  var key: DepositKey?
  /// The owner's own addresses, to which deposits are swept. Watched, never handed out.
  var treasury: [TronAddress] = []
  var rules = DepositRules()
  /// How many addresses that are nobody's are kept ready.
  var ahead = 500
  /// tx-svc is asked once more for what it has not confirmed by then.
  var askAgain: Duration = .seconds(60)
  /// Between two looks at how many are left.
  var pace: Duration = .seconds(1)

  /// More could not be checked for overlaps at once, and nobody has so many.
  static let treasuryMax = 50

  static func read(_ reader: inout EnvironmentReader, token: TronAddress) -> DepositSettings {
    var settings = DepositSettings()
    settings.rules.token = token
    let amounts = 1...Int64.max / 4
    settings.rules.sunMin = reader.integer("ENERGY_DEPOSIT_SUN_MIN", default: settings.rules.sunMin, in: amounts)
    settings.rules.usdtMin = reader.integer("ENERGY_DEPOSIT_USDT_MIN", default: settings.rules.usdtMin, in: amounts)
    settings.key = key(&reader)
    settings.treasury = treasury(&reader)
    return settings
  }

  private static func key(_ reader: inout EnvironmentReader) -> DepositKey? {
    let name = "ENERGY_DEPOSIT_XPUB_FILE"
    guard reader.optional(name) != nil, let text = reader.secret(name) else { return nil }
    do {
      return try DepositKey(parsing: text)
    } catch {
      reader.mistake("\(name): \(error)")
      return nil
    }
  }

  private static func treasury(_ reader: inout EnvironmentReader) -> [TronAddress] {
    let name = "ENERGY_TREASURY_ADDRESSES"
    let parts = (reader.optional(name) ?? "").split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty }
    if parts.count > treasuryMax { reader.mistake("\(name) has \(parts.count) addresses: give at most \(treasuryMax)") }
    var addresses: [TronAddress] = []
    for text in parts.prefix(treasuryMax) {
      do {
        let address = try TronAddress(parsing: text)
        if addresses.contains(address) { reader.mistake("\(name) has \(address.base58) twice") }
        addresses.append(address)
      } catch {
        reader.mistake("\(name) has '\(text)': \(error)")
      }
    }
    return addresses
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}
