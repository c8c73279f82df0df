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
    let urls = nodes(&reader)
    let ring = ring(&reader)
    let sealing = sealing(&reader)
    let orderKey = orderKey(&reader)
    let apiKey =
      reader.optional("ENERGY_TRON_API_KEY_FILE") == nil
      ? nil : reader.secret("ENERGY_TRON_API_KEY_FILE", required: false)
    let refresh = reader.integer("ENERGY_WALLET_REFRESH_SECONDS", default: 60, in: 1...3_600)
    var limits = SigningLimits()
    limits.energyPerOrderMax = Energy(
      reader.integer("ENERGY_ORDER_ENERGY_MAX", default: limits.energyPerOrderMax.value, in: 1...Int64.max / 4))
    limits.energyPerHourMax = Energy(
      reader.integer("ENERGY_HOUR_ENERGY_MAX", default: limits.energyPerHourMax.value, in: 1...Int64.max / 4))
    limits.stakePerTransactionMax = trx(&reader, "ENERGY_TRANSACTION_TRX_MAX", default: limits.stakePerTransactionMax)
    limits.stakePerHourMax = trx(&reader, "ENERGY_HOUR_TRX_MAX", default: limits.stakePerHourMax)
    guard let configuration, let ring, let sealing, let orderKey, !urls.isEmpty else { return nil }
    let pool = TronNodePool(baseURLs: urls, http: HTTPClient(), apiKey: apiKey)
    return TxSettings(
      configuration: configuration,
      world: TxEnvironment(
        nodes: pool, signer: Signer(master: ring), sealing: sealing, orderKey: orderKey, limits: limits,
        walletRefresh: .seconds(refresh)))
  }

  private static func nodes(_ reader: inout EnvironmentReader) -> [String] {
    guard let text = reader.string("ENERGY_TRON_NODES") else { return [] }
    var urls: [String] = []
    for part in text.split(separator: ",") {
      let url = part.trimmingCharacters(in: .whitespaces)
      guard let parts = URLComponents(string: url), ["http", "https"].contains(parts.scheme ?? ""),
        parts.host?.isEmpty == false
      else {
        reader.mistake("ENERGY_TRON_NODES has '\(url)': give URLs such as https://api.trongrid.io, separated by commas")
        continue
      }
      urls.append(url.hasSuffix("/") ? String(url.dropLast()) : url)
    }
    return urls
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

  private static func orderKey(_ reader: inout EnvironmentReader) -> SymmetricKey? {
    guard let text = reader.secret("ENERGY_ORDER_HMAC_KEY_FILE") else { return nil }
    guard text.count == 64, let bytes = try? Hex.decode(text) else {
      reader.mistake("ENERGY_ORDER_HMAC_KEY_FILE: the file must hold 64 hexadecimal digits")
      return nil
    }
    return SymmetricKey(data: bytes)
  }
}
