extension ChainState {
  /// Charges and executes one transaction, in java-tron's order: bandwidth, multi-signature fee, memo fee, contract.
  /// Leaves the state untouched when it throws. Signature, TAPOS, expiry and duplicates are the chain's business.
  mutating func apply(
    _ transaction: Transaction, call: ContractCall, context: TransactionContext
  ) throws(Refusal) -> Receipt {
    let saved = savepoint(for: call)
    do {
      var receipt = Receipt()
      try consumeBandwidth(transaction, call: call, context: context, receipt: &receipt)
      try burnFixedFees(transaction, call: call, receipt: &receipt)
      try execute(call, feeLimit: transaction.raw.feeLimit, context: context, receipt: &receipt)
      if let owner = Address(bytes: call.owner) {
        accounts[owner]?.latestOperationMs = context.headTimestampMs
      }
      return receipt
    } catch {
      restore(saved)
      throw error
    }
  }

  private mutating func burnFixedFees(
    _ transaction: Transaction, call: ContractCall, receipt: inout Receipt
  ) throws(Refusal) {
    var fee: Int64 = 0
    if transaction.signatures.count > 1 { fee += parameters.multiSignFee }
    if !transaction.raw.data.isEmpty { fee += parameters.memoFee }
    guard fee > 0, let owner = Address(bytes: call.owner) else { return }
    guard let balance = accounts[owner]?.balance, balance >= fee else { throw .bandwidth }
    accounts[owner]?.balance -= fee
    receipt.fee += fee
  }

  /// The contract itself, without what the transaction around it costs.
  mutating func execute(
    _ call: ContractCall, feeLimit: Int64 = 0, context: TransactionContext, receipt: inout Receipt
  ) throws(Refusal) {
    switch call {
    case .transfer(let transfer): try self.transfer(transfer, context: context, receipt: &receipt)
    case .delegate(let delegate): try self.delegate(delegate, context: context)
    case .unDelegate(let unDelegate): try self.unDelegate(unDelegate, context: context)
    case .freeze(let stake): try freeze(stake)
    case .unfreeze(let stake): try unfreeze(stake, context: context, receipt: &receipt)
    case .withdrawExpired(let owner): try withdrawExpired(owner, context: context, receipt: &receipt)
    case .trigger(let trigger): try self.trigger(trigger, feeLimit: feeLimit, context: context, receipt: &receipt)
    case .permissionUpdate(let update): try updatePermissions(update, receipt: &receipt)
    case .other: throw .validate("this contract type is not supported by tron-sim")
    }
  }

  /// Staked bandwidth pays for the whole transaction, else free bandwidth does, else TRX is burned for all of it.
  private mutating func consumeBandwidth(
    _ transaction: Transaction, call: ContractCall, context: TransactionContext, receipt: inout Receipt
  ) throws(Refusal) {
    let now = context.headTimestampMs
    guard let owner = Address(bytes: call.owner), var account = accounts[owner] else {
      throw .validate("account [\(AccountJSON.addressText(call.owner, visible: true))] does not exist")
    }
    // 64 bytes stand for the result that the block adds.
    let size = Int64(transaction.encoded.count + 64)
    let staked = resources(.bandwidth, of: account, at: now)
    let createsAccount = if case .transfer(let transfer) = call { createsAccount(transfer) } else { false }
    if size <= staked.limit - staked.used {
      account.bandwidth.meter.add(size, at: now)
      receipt.netUsage = size
    } else if !createsAccount, size <= parameters.freeNetLimit - account.freeBandwidth.current(at: now) {
      account.freeBandwidth.add(size, at: now)
      receipt.netUsage = size
    } else {
      let fee = createsAccount ? parameters.createAccountFee : size * parameters.transactionFee
      guard account.balance >= fee else { throw .bandwidth }
      account.balance -= fee
      receipt.netFee = fee
      receipt.fee += fee
    }
    accounts[owner] = account
  }

  private func createsAccount(_ transfer: ContractCall.Transfer) -> Bool {
    guard let to = Address(bytes: transfer.to) else { return false }
    return accounts[to] == nil
  }
}
