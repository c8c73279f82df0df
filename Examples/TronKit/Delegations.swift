import TronKit

/// Lends the energy of 5 TRX, signed by a key that may do nothing but delegate and reclaim (permission 2).
/// - Parameters:
///   - block: a solid one, so that no fork can invalidate the transaction.
///   - headTime: of the newest block, in milliseconds; the chain knows no other clock.
func delegation(
  from owner: TronAddress, to receiver: TronAddress, key: PrivateKey, block: BlockID, headTime: Int64
) throws -> SignedTransaction {
  let raw = RawTransaction(
    referencing: block, expiration: headTime + 60_000, timestamp: headTime,
    contract: .delegateResource(
      owner: owner, receiver: receiver, resource: .energy, balance: try Sun(trx: 5), lock: false, lockPeriod: 0),
    permissionID: 2)
  return try raw.signed(with: key)
}

/// What somebody else has built is never signed unread.
func approve(_ hex: String, receiver: TronAddress, key: PrivateKey) throws -> SignedTransaction {
  let raw = try RawTransaction(decodingExactly: Hex.decode(hex))
  guard case .undelegateResource(_, receiver, .energy, _) = raw.contract, raw.permissionID == 2 else {
    throw TransactionError.unsupported("it is no reclaim from \(receiver)")
  }
  return try raw.signed(with: key)
}

/// Limits a hot key to what renting out needs. The cold owner key signs it.
func restriction(of account: TronAddress, owner: TronAddress, hotKey: TronAddress) throws -> Contract {
  .updatePermissions(
    try PermissionUpdate(
      account: account,
      owner: AccountPermission(
        id: 0, name: "owner", threshold: 1, operations: nil, keys: [.init(address: owner, weight: 1)]),
      actives: [
        AccountPermission(
          id: 2, name: "delegate", threshold: 1, operations: .rental, keys: [.init(address: hotKey, weight: 1)])
      ]))
}
