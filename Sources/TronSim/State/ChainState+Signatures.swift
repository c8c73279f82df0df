extension ChainState {
  private static let signaturesMaximum = 5

  /// Whether the signatures are those of the permission the transaction names, with weight enough.
  func verifySignatures(_ transaction: Transaction, call: ContractCall) throws(Refusal) {
    let signatures = transaction.signatures
    guard !signatures.isEmpty, let contract = transaction.raw.contracts.first else {
      throw .signature("miss sig or contract")
    }
    guard signatures.count <= Self.signaturesMaximum else { throw .signature("too many signatures") }
    guard let permission = permission(contract.permissionID, of: call.owner) else {
      throw .signature("permission isn't exit")
    }
    if contract.permissionID != 0 {
      guard permission.type == Permission.active else { throw .signature("Permission type is error") }
      guard permission.allows(contract.type) else { throw .signature("Permission denied") }
    }
    guard try weigh(transaction, by: permission).weight >= permission.threshold else {
      throw .signature("sig error")
    }
  }

  /// The weight that the signatures have together, and whose they are.
  func weigh(
    _ transaction: Transaction, by permission: Permission
  ) throws(Refusal) -> (weight: Int64, signers: [Address]) {
    let signatures = transaction.signatures
    guard signatures.count <= permission.keys.count else {
      throw .signature(
        "Signature count is \(signatures.count) more than key counts of permission : \(permission.keys.count)")
    }
    var weight: Int64 = 0
    var signers: [Address] = []
    for (index, signature) in signatures.enumerated() {
      guard (65...68).contains(signature.count) else { throw .signature("Signature size is \(signature.count)") }
      guard let signer = transaction.signer(index) else {
        throw .signature("Header byte out of range or no public key could be recovered")
      }
      let share = permission.weight(of: signer)
      guard share > 0 else {
        throw .signature(
          "\(Hex.encode(signature)) is signed by \(signer.base58) but it is not contained of permission.")
      }
      guard !signers.contains(signer) else { throw .signature("\(signer.base58) has signed twice!") }
      signers.append(signer)
      weight += share
    }
    return (weight, signers)
  }

  /// An account that does not exist has the default permissions.
  private func permission(_ id: Int64, of owner: [UInt8]) -> Permission? {
    guard let address = Address(bytes: owner) else { return nil }
    if let account = accounts[address] { return account.permission(id) }
    switch id {
    case 0: return .defaultOwner(address)
    case 2: return .defaultActive(address)
    default: return nil
    }
  }
}
