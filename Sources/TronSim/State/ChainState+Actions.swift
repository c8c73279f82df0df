extension ChainState {
  /// No balance or stake may exceed this: sums of a few of them stay far inside Int64.
  private static let amountMaximum: Int64 = 1_000_000_000_000_000_000
  /// A million TRX: times the size of the largest transaction it is still an amount.
  private static let feeMaximum: Int64 = 1_000_000_000_000

  /// Sets what the adjustment names; creates the account unless only USDT is given.
  mutating func adjust(_ adjustment: SimAction.Adjustment, nowMs: Int64) throws(SimAction.Refused) {
    let amounts = [adjustment.balance, adjustment.usdt, adjustment.energyStake, adjustment.bandwidthStake]
    guard amounts.allSatisfy({ ($0 ?? 0) <= Self.amountMaximum }) else {
      throw SimAction.Refused(reason: "amounts may not exceed \(Self.amountMaximum)")
    }
    let onlyUSDT = (adjustment.usdt != nil || adjustment.isBlacklisted != nil) && adjustment.balance == nil
      && adjustment.energyStake == nil && adjustment.bandwidthStake == nil && adjustment.isContract == nil
    if !onlyUSDT || accounts[adjustment.address] != nil {
      var account = accounts[adjustment.address] ?? Account(address: adjustment.address, createdAtMs: nowMs)
      if let balance = adjustment.balance { account.balance = balance }
      if let contract = adjustment.isContract { account.isContract = contract }
      if adjustment.isCounterfeit == true { account.isContract = true }
      try set(.energy, stake: adjustment.energyStake, of: &account)
      try set(.bandwidth, stake: adjustment.bandwidthStake, of: &account)
      accounts[adjustment.address] = account
    }
    if adjustment.isUSDT == true { usdtContract = adjustment.address }
    if adjustment.isForwarder == true { forwarders.insert(adjustment.address) }
    if adjustment.isCounterfeit == true { counterfeits.insert(adjustment.address) }
    if let isBlacklisted = adjustment.isBlacklisted {
      if isBlacklisted { blacklisted.insert(adjustment.address) } else { blacklisted.remove(adjustment.address) }
    }
    if let amount = adjustment.usdt { usdt[adjustment.address] = amount == 0 ? nil : amount }
  }

  private func set(_ resource: Resource, stake: Int64?, of account: inout Account) throws(SimAction.Refused) {
    guard let stake else { return }
    guard stake >= account[resource].delegated else {
      throw SimAction.Refused(
        reason: "\(stake) sun is less than the \(account[resource].delegated) sun that this account has lent")
    }
    account[resource].frozen = stake - account[resource].delegated
  }

  /// Spends energy as a contract call would: what is missing is burned at the energy price.
  mutating func useEnergy(
    of address: Address, amount: Int64, nowMs: Int64
  ) throws(SimAction.Refused) -> (used: Int64, burnedSun: Int64) {
    guard var account = accounts[address] else {
      throw SimAction.Refused(reason: "account \(address) does not exist; create it with POST /sim/accounts")
    }
    guard amount <= Self.amountMaximum / 1_000_000 else {
      throw SimAction.Refused(reason: "energy \(amount) is more than any call can use")
    }
    let energy = resources(.energy, of: account, at: nowMs)
    let used = min(amount, max(0, energy.limit - energy.used))
    let burned = (amount - used) * parameters.energyFee
    guard account.balance >= burned else {
      throw SimAction.Refused(
        reason: "\(used) energy is available, and \(account.balance) sun do not pay for the other \(amount - used)")
    }
    account.energy.meter.add(used, at: nowMs)
    account.balance -= burned
    account.latestOperationMs = nowMs
    accounts[address] = account
    return (used, burned)
  }

  mutating func setParameter(_ name: String, value: Int64, nowMs: Int64) throws(SimAction.Refused) {
    let maximum = name == "unfreeze_delay_days" ? 365 : name.hasSuffix("_fee") ? Self.feeMaximum : Self.amountMaximum
    guard value > 0, value <= maximum else {
      throw SimAction.Refused(reason: "value \(value) must be between 1 and \(maximum)")
    }
    switch name {
    case "total_energy_weight": parameters.totalEnergyWeight = value
    case "total_energy_limit": parameters.totalEnergyLimit = value
    case "total_net_weight": parameters.totalNetWeight = value
    case "energy_fee":
      parameters.energyFee = value
      parameters.energyPrices.append(.init(sinceMs: nowMs, sun: value))
    case "transaction_fee":
      parameters.transactionFee = value
      parameters.bandwidthPrices.append(.init(sinceMs: nowMs, sun: value))
    case "memo_fee": parameters.memoFee = value
    case "multi_sign_fee": parameters.multiSignFee = value
    case "update_permission_fee": parameters.updatePermissionFee = value
    case "unfreeze_delay_days": parameters.unfreezeDelayDays = value
    case "max_delegate_lock_period": parameters.maxDelegateLockPeriod = value
    default:
      throw SimAction.Refused(
        reason: "no parameter '\(name)'; known: total_energy_weight, total_energy_limit, total_net_weight, energy_fee, "
          + "transaction_fee, memo_fee, multi_sign_fee, update_permission_fee, unfreeze_delay_days, "
          + "max_delegate_lock_period")
    }
  }
}
