import TronKit

/// Whether a key may sign for a wallet, and what is wrong otherwise.
enum SupplierCheck {
  struct Refusal: Sendable, Equatable {
    let code: String
    let detail: String
  }

  static func refusal(_ account: ChainAccount?, address: TronAddress, signer: TronAddress, permissionID: Int)
    -> Refusal?
  {
    guard permissionID == 0 || (2...9).contains(permissionID) else {
      return Refusal(
        code: "bad_permission", detail: "permission id \(permissionID): give 0 (owner) or 2 to 9 (active)")
    }
    guard let account else {
      return Refusal(code: "not_activated", detail: "\(address) is not activated on this chain: send it some TRX first")
    }
    guard !account.isContract else { return Refusal(code: "is_contract", detail: "\(address) is a contract") }
    if permissionID == 0, account.ownerPermission == nil, signer == address { return nil }
    // The mask decides by type alone: any delegation and any reclaim stand for all.
    let lend = Contract.delegateResource(
      owner: address, receiver: .zero, resource: .energy, balance: .zero, lock: false, lockPeriod: 0)
    let takeBack = Contract.undelegateResource(owner: address, receiver: .zero, resource: .energy, balance: .zero)
    let id = Int32(permissionID)
    guard account.permits(signer, lend, permissionID: id), account.permits(signer, takeBack, permissionID: id) else {
      return Refusal(
        code: "key_does_not_match",
        detail:
          "the key of \(signer) may not delegate and reclaim alone for \(address) under permission \(permissionID)")
    }
    return nil
  }
}
