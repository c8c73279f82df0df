import BusKit
import Contracts
import Foundation
import HTTPClient
import TronKit

/// tx-svc's configuration, read from the environment; every mistake is collected in the reader.
enum TxSettings {
  static func read(_ reader: inout EnvironmentReader) -> TxEnvironment? {
    let entries = NodeEntry.readAll(&reader)
    let ring = ring(&reader)
    let sealing = sealing(&reader)
    let orderKey = OrderSeal.key(&reader)
    let refresh = reader.integer("ENERGY_WALLET_REFRESH_SECONDS", default: 300, in: 1...3_600)
    var limits = SigningLimits()
    limits.energyPerOrderMax = Energy(
      reader.integer("ENERGY_ORDER_ENERGY_MAX", default: limits.energyPerOrderMax.value, in: 1...Int64.max / 4))
    limits.energyPerHourMax = Energy(
      reader.integer("ENERGY_HOUR_ENERGY_MAX", default: limits.energyPerHourMax.value, in: 1...Int64.max / 4))
    limits.stakePerTransactionMax = trx(&reader, "ENERGY_TRANSACTION_TRX_MAX", default: limits.stakePerTransactionMax)
    limits.stakePerHourMax = trx(&reader, "ENERGY_HOUR_TRX_MAX", default: limits.stakePerHourMax)
    let deposits = DepositRules.read(&reader)
    let recordDays = reader.integer("ENERGY_CHAIN_RECORD_DAYS", default: 3, in: 1...60)
    limits.choice = choice(&reader)
    let jumpPercent = reader.integer("ENERGY_CHAIN_JUMP_PERCENT", default: 5, in: 1...1_000)
    let reconcileAt = reconcileAt(&reader)
    guard let ring, let sealing, let orderKey, !entries.isEmpty else { return nil }
    let nodes = ConfiguredNodes(entries, http: HTTPClient())
    return TxEnvironment(
      nodes: nodes.pool, signer: Signer(master: ring), sealing: sealing, orderKey: orderKey, limits: limits,
      walletRefresh: .seconds(refresh), jumpPercent: jumpPercent, reconcileAt: reconcileAt, deposits: deposits,
      chainRecordBlocks: recordDays * CallBudget.dayMs / FollowPace.mainnetIntervalMs, budgets: nodes.budgets)
  }

  private static func choice(_ reader: inout EnvironmentReader) -> WalletChoice {
    guard let text = reader.optional("ENERGY_WALLET_STRATEGY") else { return .bestFit }
    if let choice = WalletChoice(rawValue: text) { return choice }
    let names = WalletChoice.allCases.map(\.rawValue).joined(separator: ", ")
    reader.mistake("ENERGY_WALLET_STRATEGY is '\(text)': give one of \(names)")
    return .bestFit
  }

  private static func reconcileAt(_ reader: inout EnvironmentReader) -> (hour: Int, minute: Int) {
    guard let text = reader.optional("ENERGY_RECONCILE_AT") else { return (3, 10) }
    if let time = text.wholeMatch(of: /([01][0-9]|2[0-3]):([0-5][0-9])/), let hour = Int(time.1),
      let minute = Int(time.2)
    {
      return (hour, minute)
    }
    reader.mistake("ENERGY_RECONCILE_AT is '\(text)': give a time of the day in UTC such as 03:10")
    return (3, 10)
  }

  /// Whole TRX.
  private static func trx(_ reader: inout EnvironmentReader, _ name: String, default fallback: Sun) -> Sun {
    let most = Int64.max / 4 / Sun.perTRX
    return Sun(reader.integer(name, default: fallback.value / Sun.perTRX, in: 1...most) * Sun.perTRX)
  }

  private static func ring(_ reader: inout EnvironmentReader) -> KeyFile<KeyRing>? {
    let name = "ENERGY_MASTER_KEY_FILE"
    guard let path = reader.optional(name) else {
      reader.mistake("\(name) is not set: give the path of a file with Fernet keys")
      return nil
    }
    do {
      return try KeyFile(name, path: path) { try KeyRing($0) }
    } catch {
      reader.mistake("\(name): \(error)")
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
}
