import BusKit
import Contracts
import Crypto
import Foundation
import HTTPClient
import TronKit

/// tx-svc's configuration, read from the environment; every mistake is collected in the reader.
struct TxSettings: Sendable {
  let configuration: ServiceConfiguration
  let world: TxEnvironment

  static func read(_ reader: inout EnvironmentReader) -> TxSettings? {
    let configuration = ServiceConfiguration.read(&reader, service: ServiceName.tx, schema: TxService.schema)
    let entries = NodeEntry.readAll(&reader)
    let ring = ring(&reader)
    let sealing = sealing(&reader)
    let orderKey = orderKey(&reader)
    let refresh = reader.integer("ENERGY_WALLET_REFRESH_SECONDS", default: 60, in: 1...3_600)
    var limits = SigningLimits()
    limits.energyPerOrderMax = Energy(
      reader.integer("ENERGY_ORDER_ENERGY_MAX", default: limits.energyPerOrderMax.value, in: 1...Int64.max / 4))
    limits.energyPerHourMax = Energy(
      reader.integer("ENERGY_HOUR_ENERGY_MAX", default: limits.energyPerHourMax.value, in: 1...Int64.max / 4))
    let deposits = DepositRules.read(&reader)
    let recordDays = reader.integer("ENERGY_CHAIN_RECORD_DAYS", default: 3, in: 1...60)
    guard let configuration, let ring, let sealing, let orderKey, !entries.isEmpty else { return nil }
    let nodes = ConfiguredNodes(entries, http: HTTPClient())
    return TxSettings(
      configuration: configuration,
      world: TxEnvironment(
        nodes: nodes.pool, signer: Signer(ring: ring), sealing: sealing, orderKey: orderKey, limits: limits,
        walletRefresh: .seconds(refresh), deposits: deposits,
        chainRecordBlocks: recordDays * CallBudget.dayMs / FollowPace.mainnetIntervalMs, budgets: nodes.budgets))
  }

  private static func ring(_ reader: inout EnvironmentReader) -> KeyRing? {
    guard let text = reader.secret("ENERGY_MASTER_KEY_FILE") else { return nil }
    do {
      return try KeyRing(text: text)
    } catch {
      reader.mistake("ENERGY_MASTER_KEY_FILE: \(error), one per line")
      return nil
    }
  }

  private static func sealing(_ reader: inout EnvironmentReader) -> SealingKeyFile? {
    guard let path = reader.string("ENERGY_SEALING_KEY_FILE") else { return nil }
    do {
      return try SealingKeyFile(path: path)
    } catch {
      reader.mistake("ENERGY_SEALING_KEY_FILE: \(error)")
      return nil
    }
  }

  private static func orderKey(_ reader: inout EnvironmentReader) -> SymmetricKey? {
    guard let text = reader.secret("ENERGY_ORDER_HMAC_KEY_FILE") else { return nil }
    guard text.count == 64, let bytes = try? Hex.decode(text) else {
      reader.mistake("ENERGY_ORDER_HMAC_KEY_FILE: the file must hold 64 hexadecimal digits")
      return nil
    }
    return SymmetricKey(data: bytes)
  }
}
