extension ChainState {
  /// DelegateResourceContract, with the texts and the order of java-tron's DelegateResourceActuator.
  mutating func delegate(_ call: ContractCall.Delegate, context: TransactionContext) throws(Refusal) {
    let now = context.headTimestampMs
    guard let owner = Address(bytes: call.owner) else { throw .validate("Invalid address") }
    guard var lender = accounts[owner] else { throw .validate("Account[\(owner.hex)] not exists") }
    guard call.balance >= ChainParameters.sunPerTRX else {
      throw .validate("delegateBalance must be greater than or equal to 1 TRX")
    }
    guard let resource = Resource(rawValue: call.resource), resource != .tronPower else {
      throw .validate("ResourceCode error, valid ResourceCode[BANDWIDTH、ENERGY]")
    }
    let reserved = context.isBuilding ? reservedUnits(resource, balance: lender.balance) : 0
    guard call.balance <= lendable(resource, of: lender, at: now, reserved: reserved) else {
      let pool = resource == .energy ? "FreezeEnergyV2" : "FreezeBandwidthV2"
      throw .validate("delegateBalance must be less than or equal to available \(pool) balance")
    }
    guard let receiver = Address(bytes: call.receiver) else { throw .validate("Invalid receiverAddress") }
    guard receiver != owner else { throw .validate("receiverAddress must not be the same as ownerAddress") }
    guard var borrower = accounts[receiver] else { throw .validate("Account[\(receiver.hex)] not exists") }

    let pair = Delegation.Pair(from: owner, to: receiver)
    var delegation = delegations[pair] ?? Delegation()
    let lockPeriod = try checkedLockPeriod(call, resource: resource, part: delegation[resource], now: now)
    guard !borrower.isContract else { throw .validate("Do not allow delegate resources to contract addresses") }

    delegation.energy.release(at: now)
    delegation.bandwidth.release(at: now)
    if call.lock {
      delegation[resource].locked += call.balance
      delegation[resource].expiresAtMs = now + lockPeriod * ChainParameters.lockBlockMs
    } else {
      delegation[resource].unlocked += call.balance
    }
    lender[resource].frozen -= call.balance
    lender[resource].delegated += call.balance
    borrower[resource].acquired += call.balance
    delegations[pair] = delegation
    accounts[owner] = lender
    accounts[receiver] = borrower
  }

  /// Bandwidth that java-tron keeps back for the delegation itself: 275 bytes and what a balance of this size and the
  /// longest lock add to it (TransactionUtil.estimateConsumeBandWidthSize).
  func reservedUnits(_ resource: Resource, balance: Int64) -> Int64 {
    guard resource == .bandwidth else { return 0 }
    let lockPeriod = parameters.maxDelegateLockPeriod
    let greatest = ContractCall.delegate(.init(balance: balance, lock: true, lockPeriod: lockPeriod)).encoded ?? []
    let smallest = ContractCall.delegate(.init(balance: ChainParameters.sunPerTRX)).encoded ?? []
    return 275 + Int64(max(0, greatest.count - smallest.count))
  }

  /// Blocks; a locked delegation without a period gets the default, and may not shorten the lock that is there.
  private func checkedLockPeriod(
    _ call: ContractCall.Delegate, resource: Resource, part: Delegation.Part, now: Int64
  ) throws(Refusal) -> Int64 {
    guard call.lock else { return 0 }
    guard (0...parameters.maxDelegateLockPeriod).contains(call.lockPeriod) else {
      throw .validate(
        "The lock period of delegate resource cannot be less than 0 and cannot exceed "
          + "\(parameters.maxDelegateLockPeriod)!")
    }
    let period = call.lockPeriod == 0 ? ChainParameters.defaultLockPeriod : call.lockPeriod
    let remaining = part.expiresAtMs - now
    guard period * ChainParameters.lockBlockMs >= remaining else {
      throw .validate(
        "The lock period for \(resource.name) this time cannot be less than the remaining time[\(remaining)ms] "
          + "of the last lock period for \(resource.name)!")
    }
    return period
  }
}
