extension ChainState {
  /// UnDelegateResourceContract, with the texts and the order of java-tron's UnDelegateResourceActuator. The share of
  /// the receiver's usage that belongs to the stake moves back with it and goes on recovering at the lender.
  mutating func unDelegate(_ call: ContractCall.UnDelegate, context: TransactionContext) throws(Refusal) {
    let now = context.headTimestampMs
    guard let owner = Address(bytes: call.owner) else { throw .validate("Invalid address") }
    guard var lender = accounts[owner] else { throw .validate("Account[\(owner.hex)] does not exist") }
    guard let receiver = Address(bytes: call.receiver) else { throw .validate("Invalid receiverAddress") }
    guard receiver != owner else { throw .validate("receiverAddress must not be the same as ownerAddress") }
    let pair = Delegation.Pair(from: owner, to: receiver)
    guard var delegation = delegations[pair] else { throw .validate("delegated Resource does not exist") }
    guard call.balance > 0 else { throw .validate("unDelegateBalance must be more than 0 TRX") }
    guard let resource = Resource(rawValue: call.resource), resource != .tronPower else {
      throw .validate("ResourceCode error.valid ResourceCode[BANDWIDTH、Energy]")
    }
    delegation.energy.release(at: now)
    delegation.bandwidth.release(at: now)
    let available = delegation[resource].unlocked
    guard call.balance <= available else {
      let what = resource == .energy ? "delegateFrozenBalance(Energy)" : "delegatedFrozenBalance(BANDWIDTH)"
      throw .validate("insufficient \(what), request=\(call.balance), unlock_balance=\(available)")
    }

    if var borrower = accounts[receiver] {
      let moved = returnedUsage(resource, of: borrower, balance: call.balance, now: now)
      let window = borrower[resource].meter.remainingWindowMs(at: now)
      borrower[resource].acquired = max(0, borrower[resource].acquired - call.balance)
      if moved > 0 {
        borrower[resource].meter.remove(moved, at: now)
        lender[resource].meter.add(moved, windowMs: window, at: now)
      }
      accounts[receiver] = borrower
    }
    delegation[resource].unlocked -= call.balance
    lender[resource].delegated -= call.balance
    lender[resource].frozen += call.balance
    delegations[pair] = delegation.isEmpty ? nil : delegation
    accounts[owner] = lender
  }

  private func returnedUsage(_ resource: Resource, of borrower: Account, balance: Int64, now: Int64) -> Int64 {
    let part = borrower[resource]
    guard part.acquired >= balance, part.usable > 0 else { return 0 }
    let share = Int128(part.meter.current(at: now)) * Int128(balance) / Int128(part.usable)
    return min(Int64(share), parameters.units(resource, stake: balance))
  }
}
