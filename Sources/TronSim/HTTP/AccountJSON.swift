/// Accounts as `/wallet/getaccount` and its relatives print them.
enum AccountJSON {
  static func account(_ account: Account, nowMs: Int64, visible: Bool) -> JSON {
    var object = JSONObject()
    object.set("address", .string(account.address.text(visible: visible)))
    object.set("type", nonEmpty: account.isContract ? "Contract" : "")
    object.set("balance", nonZero: account.balance)
    object.set("create_time", nonZero: account.createdAtMs)
    object.set("latest_opration_time", nonZero: account.latestOperationMs)  // java-tron's spelling
    let net = account.bandwidth
    object.set("net_usage", nonZero: net.meter.current(at: nowMs))
    object.set("free_net_usage", nonZero: account.freeBandwidth.current(at: nowMs))
    object.set("latest_consume_time", nonZero: net.meter.updatedAtMs)
    object.set("latest_consume_free_time", nonZero: account.freeBandwidth.updatedAtMs)
    object.set("net_window_size", .int(window(net.meter, nowMs)))
    object.set("net_window_optimized", true)
    object.set("delegated_frozenV2_balance_for_bandwidth", nonZero: net.delegated)
    object.set("acquired_delegated_frozenV2_balance_for_bandwidth", nonZero: net.acquired)
    object.set("account_resource", energy(account.energy, nowMs: nowMs))
    object.set("owner_permission", permission(account.ownerPermission, visible: visible))
    if let witness = account.witnessPermission {
      object.set("witness_permission", permission(witness, visible: visible))
    }
    object.set("active_permission", .array(account.activePermissions.map { permission($0, visible: visible) }))
    object.set(
      "frozenV2",
      .array([frozen(nil, net.frozen), frozen("ENERGY", account.energy.frozen), ["type": "TRON_POWER"]]))
    object.set("unfrozenV2", nonEmpty: account.unfrozen.map(unfrozen))
    object.set("asset_optimized", true)
    return object.json
  }

  private static func energy(_ energy: ResourceAccount, nowMs: Int64) -> JSON {
    var object = JSONObject()
    object.set("energy_usage", nonZero: energy.meter.current(at: nowMs))
    object.set("latest_consume_time_for_energy", nonZero: energy.meter.updatedAtMs)
    object.set("energy_window_size", .int(window(energy.meter, nowMs)))
    object.set("delegated_frozenV2_balance_for_energy", nonZero: energy.delegated)
    object.set("acquired_delegated_frozenV2_balance_for_energy", nonZero: energy.acquired)
    object.set("energy_window_optimized", true)
    return object.json
  }

  /// Slots of 3 s with three decimals: 24 h are 28,800,000.
  private static func window(_ meter: UsageMeter, _ nowMs: Int64) -> Int64 { meter.remainingWindowMs(at: nowMs) / 3 }

  private static func frozen(_ type: String?, _ amount: Int64) -> JSON {
    var object = JSONObject()
    if let type { object.set("type", .string(type)) }
    object.set("amount", nonZero: amount)
    return object.json
  }

  private static func unfrozen(_ part: Account.Unfrozen) -> JSON {
    var object = JSONObject()
    if part.resource != .bandwidth { object.set("type", .string(part.resource.name)) }
    object.set("unfreeze_amount", nonZero: part.amount)
    object.set("unfreeze_expire_time", nonZero: part.expiresAtMs)
    return object.json
  }

  static func permission(_ permission: Permission, visible: Bool) -> JSON {
    var object = JSONObject()
    switch permission.type {
    case Permission.witness: object.set("type", "Witness")
    case Permission.active: object.set("type", "Active")
    default: break
    }
    object.set("id", nonZero: permission.id)
    object.set("permission_name", nonEmpty: permission.name)
    object.set("threshold", nonZero: permission.threshold)
    object.set("parent_id", nonZero: permission.parentID)
    object.set("operations", nonEmpty: Hex.encode(permission.operations))
    let keys: [JSON] = permission.keys.map { key in
      ["address": .string(addressText(key.address, visible: visible)), "weight": .int(key.weight)]
    }
    object.set("keys", .array(keys))
    return object.json
  }

  /// Bytes that may be no address are printed in hex.
  static func addressText(_ bytes: [UInt8], visible: Bool) -> String {
    Address(bytes: bytes)?.text(visible: visible) ?? Hex.encode(bytes)
  }

  static func resources(of account: Account, in state: ChainState, nowMs: Int64) -> JSON {
    let parameters = state.parameters
    let net = state.resources(.bandwidth, of: account, at: nowMs)
    let energy = state.resources(.energy, of: account, at: nowMs)
    var object = JSONObject()
    object.set("freeNetUsed", nonZero: account.freeBandwidth.current(at: nowMs))
    object.set("freeNetLimit", nonZero: parameters.freeNetLimit)
    object.set("NetUsed", nonZero: net.used)
    object.set("NetLimit", nonZero: net.limit)
    object.set("TotalNetLimit", nonZero: parameters.totalNetLimit)
    object.set("TotalNetWeight", nonZero: parameters.totalNetWeight)
    let stake = [account.energy, account.bandwidth].reduce(0) { $0 + $1.staked }
    object.set("tronPowerLimit", nonZero: stake / ChainParameters.sunPerTRX)
    object.set("EnergyUsed", nonZero: energy.used)
    object.set("EnergyLimit", nonZero: energy.limit)
    object.set("TotalEnergyLimit", nonZero: parameters.totalEnergyLimit)
    object.set("TotalEnergyWeight", nonZero: parameters.totalEnergyWeight)
    return object.json
  }
}
