extension ChainState {
  /// Unstaking operations of one account that may wait at the same time.
  static let unfrozenMaximum = 32
  private static let dayMs: Int64 = 86_400_000

  /// FreezeBalanceV2Contract: stakes TRX for a resource.
  mutating func freeze(_ call: ContractCall.Stake) throws(Refusal) {
    guard let owner = Address(bytes: call.owner) else { throw .validate("Invalid address") }
    guard let account = accounts[owner] else { throw .validate("Account[\(owner.hex)] not exists") }
    guard call.balance > 0 else { throw .validate("frozenBalance must be positive") }
    guard call.balance >= ChainParameters.sunPerTRX else {
      throw .validate("frozenBalance must be greater than or equal to 1 TRX")
    }
    guard call.balance <= account.balance else {
      throw .validate("frozenBalance must be less than or equal to accountBalance")
    }
    guard let resource = Resource(rawValue: call.resource), resource != .tronPower else {
      throw .validate("ResourceCode error, valid ResourceCode[BANDWIDTH、ENERGY]")
    }
    accounts[owner]?.balance -= call.balance
    accounts[owner]?[resource].frozen += call.balance
    addWeight(resource, stakedBefore: account[resource].staked, change: call.balance)
  }

  /// UnfreezeBalanceV2Contract: the stake ends at once, its TRX come free after the waiting time. What waited long
  /// enough comes free on the way.
  mutating func unfreeze(
    _ call: ContractCall.Stake, context: TransactionContext, receipt: inout Receipt
  ) throws(Refusal) {
    let now = context.headTimestampMs
    guard let owner = Address(bytes: call.owner) else { throw .validate("Invalid address") }
    guard var account = accounts[owner] else { throw .validate("Account[\(owner.hex)] does not exist") }
    guard let resource = Resource(rawValue: call.resource), resource != .tronPower else {
      throw .validate("ResourceCode error.valid ResourceCode[BANDWIDTH、Energy]")
    }
    guard account[resource].frozen > 0 else {
      throw .validate("no frozenBalance(\(resource == .energy ? "Energy" : "BANDWIDTH"))")
    }
    guard call.balance > 0, call.balance <= account[resource].frozen else {
      throw .validate("Invalid unfreeze_balance, [\(call.balance)] is error")
    }
    guard account.unfrozen.count(where: { $0.expiresAtMs > now }) < Self.unfrozenMaximum else {
      throw .validate("Invalid unfreeze operation, unfreezing times is over limit")
    }
    let before = account[resource].staked
    receipt.withdrawn = try withdraw(from: &account, now: now)
    account[resource].frozen -= call.balance
    account.unfrozen.append(
      Account.Unfrozen(
        resource: resource, amount: call.balance, expiresAtMs: now + parameters.unfreezeDelayDays * Self.dayMs))
    accounts[owner] = account
    addWeight(resource, stakedBefore: before, change: -call.balance)
  }

  /// WithdrawExpireUnfreezeContract: what waited long enough becomes TRX again.
  mutating func withdrawExpired(
    _ call: ContractCall.Owner, context: TransactionContext, receipt: inout Receipt
  ) throws(Refusal) {
    let now = context.headTimestampMs
    guard let owner = Address(bytes: call.owner) else { throw .validate("Invalid address") }
    guard var account = accounts[owner] else { throw .validate("Account[\(owner.hex)] not exists") }
    guard account.withdrawable(at: now) > 0 else { throw .validate("no unFreeze balance to withdraw ") }
    receipt.withdrawn = try withdraw(from: &account, now: now)
    accounts[owner] = account
  }

  private func withdraw(from account: inout Account, now: Int64) throws(Refusal) -> Int64 {
    let amount = account.withdrawable(at: now)
    let (balance, overflow) = account.balance.addingReportingOverflow(amount)
    guard !overflow else { throw .validate("long overflow") }
    account.balance = balance
    account.unfrozen.removeAll { $0.expiresAtMs <= now }
    return amount
  }

  /// The chain's weights count whole TRX of each account.
  private mutating func addWeight(_ resource: Resource, stakedBefore before: Int64, change: Int64) {
    let weight = (before + change) / ChainParameters.sunPerTRX - before / ChainParameters.sunPerTRX
    if resource == .energy {
      parameters.totalEnergyWeight = max(1, parameters.totalEnergyWeight + weight)
    } else {
      parameters.totalNetWeight = max(1, parameters.totalNetWeight + weight)
    }
  }
}
