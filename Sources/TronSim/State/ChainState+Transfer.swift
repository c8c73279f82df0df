extension ChainState {
  /// TransferContract; creates the receiving account when it does not exist (1 TRX).
  mutating func transfer(
    _ call: ContractCall.Transfer, context: TransactionContext, receipt: inout Receipt
  ) throws(Refusal) {
    guard let owner = Address(bytes: call.owner) else { throw .validate("Invalid ownerAddress!") }
    guard let to = Address(bytes: call.to) else { throw .validate("Invalid toAddress!") }
    guard owner != to else { throw .validate("Cannot transfer TRX to yourself.") }
    guard let sender = accounts[owner] else {
      throw .validate("Validate TransferContract error, no OwnerAccount.")
    }
    guard call.amount > 0 else { throw .validate("Amount must be greater than 0.") }
    let receiver = accounts[to]
    let fee = receiver == nil ? parameters.createNewAccountFee : 0
    if receiver?.isContract == true { throw .validate("Cannot transfer TRX to a smartContract.") }
    let (needed, overflow) = call.amount.addingReportingOverflow(fee)
    guard !overflow, sender.balance >= needed else {
      throw .validate("Validate TransferContract error, balance is not sufficient.")
    }
    accounts[owner]?.balance -= needed
    accounts[to, default: Account(address: to, createdAtMs: context.headTimestampMs)].balance += call.amount
    receipt.fee += fee
  }

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
    let before = account[resource].frozen + account[resource].delegated
    let weight = (before + call.balance) / ChainParameters.sunPerTRX - before / ChainParameters.sunPerTRX
    if resource == .energy { parameters.totalEnergyWeight += weight } else { parameters.totalNetWeight += weight }
  }
}
