/// What each program is told; the same variables as in operation, with shorter times.
extension Stack {
  /// monitor-svc alerts below this; the two wallets of the simulated chain can lend about 95,000,000 together.
  static let poolEnergyMin: Int64 = 80_000_000

  func environment(of kind: ServiceKind, address: String) -> [String: String] {
    var values = [
      "ENERGY_REDIS_URL": redis.url, "ENERGY_POSTGRES_URL": database.conninfo(of: kind),
      "ENERGY_HTTP_ADDRESS": address, "ENERGY_LEASE_MS": "3000", "ENERGY_SWEEP_MS": "500",
      "ENERGY_POSTGRES_CONNECTIONS": "4",
    ]
    switch kind {
    case .gateway:
      values["ENERGY_TELEGRAM_API_URL"] = "http://" + self.address("telegram-sim")
      values["ENERGY_TELEGRAM_TOKEN_FILE"] = folder.secret("telegram-token")
      values["ENERGY_INSTALLATION_SECRET_FILE"] = folder.secret("installation")
      values["ENERGY_JOURNAL_DIR"] = folder.path + "/journal"
    case .wallet:
      values["ENERGY_TRONGRID_URL"] = "http://" + self.address("tron-sim")
      values["ENERGY_TRONSCAN_URL"] = "http://" + self.address("tron-sim")
      values["ENERGY_DEPOSIT_XPUB_FILE"] = folder.secret("deposit-xpub")
      values["ENERGY_TREASURY_ADDRESSES"] = folder.treasuryKey.address.base58
      // Operators of simulated coins are one person: the limit beyond which a second one has to agree.
      values["ENERGY_ADJUSTMENT_SUN_MAX"] = "\(Int64.max)"
    case .order:
      values["ENERGY_ORDER_HMAC_KEY_FILE"] = folder.secret("order-hmac")
      values["ENERGY_PRODUCTS"] = folder.productsFile
    case .tx:
      values["ENERGY_ORDER_HMAC_KEY_FILE"] = folder.secret("order-hmac")
      values["ENERGY_MASTER_KEY_FILE"] = folder.secret("master")
      values["ENERGY_SEALING_KEY_FILE"] = folder.secret("sealing")
      values["ENERGY_TRON_NODES"] = "http://" + self.address("tron-sim")
      values["ENERGY_WALLET_REFRESH_SECONDS"] = "2"
      values["ENERGY_ORDER_ENERGY_MAX"] = "1000000000"
    case .monitor:
      values["ENERGY_ALERT_POOL_ENERGY_MIN"] = "\(Self.poolEnergyMin)"
    case .session:
      break
    }
    return values
  }

  var operatorEnvironment: [String: String] {
    ["ENERGY_REDIS_URL": redis.url, "ENERGY_INSTALLATION_SECRET_FILE": folder.secret("installation")]
  }
}
