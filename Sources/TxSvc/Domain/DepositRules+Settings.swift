import BusKit
import TronKit

extension DepositRules {
  static func read(_ reader: inout EnvironmentReader) -> DepositRules {
    var rules = DepositRules()
    if let text = reader.optional("ENERGY_USDT_CONTRACT") {
      do {
        rules.token = try TronAddress(parsing: text)
      } catch {
        reader.mistake("ENERGY_USDT_CONTRACT: \(error)")
      }
    }
    rules.sunMin = reader.integer("ENERGY_DEPOSIT_SUN_MIN", default: rules.sunMin, in: 1...Int64.max / 4)
    rules.tokenMin = reader.integer("ENERGY_DEPOSIT_USDT_MIN", default: rules.tokenMin, in: 1...Int64.max / 4)
    return rules
  }
}
