import TronKit

/// Sends USDT; 1 USDT is 1,000,000. The fee limit is what may be burned when energy is short.
func payment(
  from owner: TronAddress, to receiver: TronAddress, amount: Int64, key: PrivateKey, block: BlockID, headTime: Int64
) throws -> SignedTransaction {
  let call = try SmartContractCall(owner: owner, token: USDT.mainnet, .transfer(to: receiver, amount: amount))
  let raw = RawTransaction(
    referencing: block, expiration: headTime + 60_000, timestamp: headTime, feeLimit: try Sun(trx: 30),
    contract: .triggerSmartContract(call))
  return try raw.signed(with: key)
}

/// What came in for one address, as the receipt of a solid block says: never as the call says, which may have failed or
/// gone through another contract.
func income(of address: TronAddress, in receipt: TransactionInfo) throws -> [TokenTransfer] {
  guard receipt.succeeded else { return [] }
  return try receipt.logs.compactMap { log in
    guard log.address == USDT.mainnet, let transfer = try TokenTransfer(log) else { return nil }
    return transfer.to == address && transfer.amount > 0 ? transfer : nil
  }
}
