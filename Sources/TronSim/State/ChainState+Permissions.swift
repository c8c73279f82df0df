extension ChainState {
  private static let keysMaximum = 5
  private static let activesMaximum = 8

  /// AccountPermissionUpdateContract: replaces the whole set of permissions.
  mutating func updatePermissions(
    _ call: ContractCall.PermissionUpdate, receipt: inout Receipt
  ) throws(Refusal) {
    guard let address = Address(bytes: call.account) else { throw .validate("invalidate ownerAddress") }
    guard var account = accounts[address] else {
      throw .validate("ownerAddress account does not exist")
    }
    guard let owner = call.owner else { throw .validate("owner permission is missed") }
    guard call.witness == nil else { throw .validate("account isn't witness can't set witness permission") }
    guard !call.actives.isEmpty else { throw .validate("active permission is missed") }
    guard call.actives.count <= Self.activesMaximum else { throw .validate("active permission is too many") }
    guard owner.type == Permission.owner else { throw .validate("owner permission type is error") }
    try check(owner)
    for active in call.actives {
      guard active.type == Permission.active else { throw .validate("active permission type is error") }
      try check(active)
    }
    guard account.balance >= parameters.updatePermissionFee else {
      throw .validate("Account balance is insufficient, need \(parameters.updatePermissionFee)")
    }
    account.balance -= parameters.updatePermissionFee
    receipt.fee += parameters.updatePermissionFee
    account.ownerPermission = owner
    account.ownerPermission.id = 0
    account.activePermissions = call.actives.enumerated().map { index, active in
      var active = active
      active.id = Int64(index + 2)
      return active
    }
    accounts[address] = account
  }

  private func check(_ permission: Permission) throws(Refusal) {
    guard !permission.keys.isEmpty else { throw .validate("key's count should be greater than 0") }
    guard permission.keys.count <= Self.keysMaximum else {
      throw .validate("number of keys in permission should not be greater than \(Self.keysMaximum)")
    }
    guard permission.threshold > 0 else { throw .validate("permission's threshold should be greater than 0") }
    guard permission.name.count <= 32 else { throw .validate("permission's name is too long") }
    var weight: Int64 = 0
    var seen: Set<[UInt8]> = []
    for key in permission.keys {
      guard Address(bytes: key.address) != nil else { throw .validate("key is not a validate address") }
      guard key.weight > 0 else { throw .validate("key's weight should be greater than 0") }
      let (sum, overflow) = weight.addingReportingOverflow(key.weight)
      guard !overflow else { throw .validate("long overflow") }
      weight = sum
      seen.insert(key.address)
    }
    guard seen.count == permission.keys.count else {
      throw .validate("address should be distinct in permission \(permission.type == 0 ? "Owner" : "Active")")
    }
    guard weight >= permission.threshold else {
      throw .validate("sum of all key's weight should not be less than threshold in permission "
        + (permission.type == 0 ? "Owner" : "Active"))
    }
    if permission.type == Permission.owner {
      guard permission.operations.isEmpty else { throw .validate("Owner permission needn't operations") }
    } else {
      guard permission.operations.count == 32 else { throw .validate("operations size must 32") }
    }
  }
}
