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
    // Like java-tron: the fee is no part of the validation, so that only broadcasting finds out that it is missing.
    let fee = parameters.updatePermissionFee
    guard account.balance >= fee else {
      throw .execute("\(address.hex) insufficient balance, balance: \(account.balance), amount: \(fee)")
    }
    account.balance -= fee
    receipt.fee += fee
    account.ownerPermission = owner
    account.ownerPermission.id = 0
    account.activePermissions = call.actives.enumerated().map { index, active in
      var active = active
      active.id = Int64(index + 2)
      return active
    }
    accounts[address] = account
  }

  /// In the order of AccountPermissionUpdateActuator.checkPermission.
  private func check(_ permission: Permission) throws(Refusal) {
    guard permission.keys.count <= Self.keysMaximum else {
      throw .validate("number of keys in permission should not be greater than \(Self.keysMaximum)")
    }
    guard !permission.keys.isEmpty else { throw .validate("key's count should be greater than 0") }
    guard permission.threshold > 0 else { throw .validate("permission's threshold should be greater than 0") }
    guard permission.name.utf16.count <= 32 else { throw .validate("permission's name is too long") }
    guard permission.parentID == 0 else { throw .validate("permission's parent should be owner") }
    guard Set(permission.keys.map(\.address)).count == permission.keys.count else {
      throw .validate("address should be distinct in permission \(permission.typeName)")
    }
    var weight: Int64 = 0
    for key in permission.keys {
      guard Address(bytes: key.address) != nil else { throw .validate("key is not a validate address") }
      guard key.weight > 0 else { throw .validate("key's weight should be greater than 0") }
      let (sum, overflow) = weight.addingReportingOverflow(key.weight)
      guard !overflow else { throw .validate("long overflow") }
      weight = sum
    }
    guard weight >= permission.threshold else {
      throw .validate(
        "sum of all key's weight should not be less than threshold in permission \(permission.typeName)")
    }
    try checkOperations(of: permission)
  }

  private func checkOperations(of permission: Permission) throws(Refusal) {
    guard permission.type == Permission.active else {
      guard permission.operations.isEmpty else {
        throw .validate("\(permission.typeName) permission needn't operations")
      }
      return
    }
    guard permission.operations.count == 32 else { throw .validate("operations size must 32") }
    let known = Permission(operations: Permission.knownOperations)
    for type in Int64(0)..<256 where permission.allows(type) && !known.allows(type) {
      throw .validate("\(type) isn't a validate ContractType")
    }
  }
}
