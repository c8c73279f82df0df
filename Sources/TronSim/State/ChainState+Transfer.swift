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
    guard !overflow else { throw .validate("long overflow") }
    guard sender.balance >= needed else {
      throw .validate("Validate TransferContract error, balance is not sufficient.")
    }
    let (sum, isTooMuch) = (receiver?.balance ?? 0).addingReportingOverflow(call.amount)
    guard !isTooMuch else { throw .validate("long overflow") }
    accounts[owner]?.balance -= needed
    accounts[to, default: Account(address: to, createdAtMs: context.headTimestampMs)].balance = sum
    receipt.fee += fee
  }
}
