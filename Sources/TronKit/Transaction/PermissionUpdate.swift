/// Who may sign for an account from now on (AccountPermissionUpdate). It replaces the whole set: a permission that is
/// not repeated here is gone. The chain charges 100 TRX (`getUpdateAccountPermissionFee`), and only the owner
/// permission can sign it.
///
/// A mistake can lock an account for ever, so what java-tron would refuse cannot be made.
public struct PermissionUpdate: Hashable, Sendable {
  /// Whose permissions are replaced.
  public let account: TronAddress
  /// Id 0, which may do everything, also this.
  public let owner: AccountPermission
  /// Id 1, of super representatives only.
  public let witness: AccountPermission?
  /// Ids from 2 on, in this order.
  public let actives: [AccountPermission]

  /// java-tron: getTotalSignNum.
  public static let keysMax = 5
  /// java-tron: the number of active permissions.
  public static let activesMax = 8
  private static let nameLengthMax = 32

  /// The permissions' own ids do not matter: the chain numbers them by their place.
  /// - Throws: `malformed_transaction` with what the chain would refuse: no key or more than five, a key twice, a weight
  ///   or threshold that is not positive, weights that do not reach the threshold, a name of more than 32 bytes, an
  ///   active permission without operations or another with them, none or more than eight active ones.
  public init(
    account: TronAddress, owner: AccountPermission, witness: AccountPermission? = nil, actives: [AccountPermission]
  ) throws(TransactionError) {
    guard (1...Self.activesMax).contains(actives.count) else {
      throw .malformed("an account has 1 to \(Self.activesMax) active permissions, not \(actives.count)")
    }
    self.account = account
    self.owner = try owner.checked(id: 0)
    if let witness {
      guard witness.keys.count == 1 else { throw .malformed("the witness permission has exactly one key") }
      self.witness = try witness.checked(id: 1)
    } else {
      self.witness = nil
    }
    var numbered: [AccountPermission] = []
    for active in actives { numbered.append(try active.checked(id: Int32(2 + numbered.count))) }
    self.actives = numbered
  }

  func write(to writer: inout ProtobufWriter) {
    writer.data(1, account.bytes)
    writer.message(2, owner.encoded(type: 0))
    if let witness { writer.message(3, witness.encoded(type: 1)) }
    for active in actives { writer.message(4, active.encoded(type: 2)) }
  }

  init?(_ account: TronAddress, _ list: [ProtobufReader.Field]) throws(TransactionError) {
    var (owner, witness): (AccountPermission?, AccountPermission?)
    var actives: [AccountPermission] = []
    for field in list where (2...4).contains(field.number) {
      let permission = try AccountPermission(try field.data("the permission update"))
      switch field.number {
      case 2: owner = permission
      case 3: witness = permission
      default: actives.append(permission)
      }
    }
    guard let owner else { return nil }
    try self.init(account: account, owner: owner, witness: witness, actives: actives)
  }

  fileprivate static func problem(_ permission: AccountPermission, id: Int32) -> String? {
    let keys = permission.keys
    if permission.name.utf8.count > nameLengthMax { return "its name has more than \(nameLengthMax) bytes" }
    if !(1...keysMax).contains(keys.count) { return "it has \(keys.count) keys; 1 to \(keysMax) are allowed" }
    if Set(keys.map(\.address)).count < keys.count { return "it names a key twice" }
    if let key = keys.first(where: { $0.weight <= 0 }) { return "the weight of \(key.address) is \(key.weight)" }
    if permission.threshold <= 0 { return "its threshold is \(permission.threshold)" }
    let sum = keys.reduce((Int64(0), false)) { sum, key in
      let (next, overflows) = sum.0.addingReportingOverflow(key.weight)
      return (next, sum.1 || overflows)
    }
    if sum.1 { return "the sum of its weights does not fit 64 bits" }
    if sum.0 < permission.threshold { return "its keys weigh \(sum.0) together, below its threshold" }
    if id >= 2, permission.operations == nil { return "an active permission says which operations it allows" }
    if id < 2, permission.operations != nil { return "only active permissions have operations" }
    return nil
  }
}

extension AccountPermission {
  fileprivate func checked(id: Int32) throws(TransactionError) -> AccountPermission {
    if let problem = PermissionUpdate.problem(self, id: id) {
      throw .malformed("the permission \(name.prefix(40).debugDescription): \(problem)")
    }
    return AccountPermission(id: id, name: name, threshold: threshold, operations: operations, keys: keys)
  }

  /// Nodes leave the id and the parent to the chain.
  fileprivate func encoded(type: Int64) -> [UInt8] {
    var writer = ProtobufWriter()
    writer.integer(1, type)
    writer.text(3, name)
    writer.integer(4, threshold)
    if let operations { writer.data(6, operations.mask) }
    for key in keys {
      var part = ProtobufWriter()
      part.data(1, key.address.bytes)
      part.integer(2, key.weight)
      writer.message(7, part.bytes)
    }
    return writer.bytes
  }

  /// What is not of the form that `encoded` writes comes to light when the whole contract is written again.
  fileprivate init(_ bytes: [UInt8]) throws(TransactionError) {
    var (name, threshold, operations): (String, Int64, PermissionOperations?) = ("", 0, nil)
    var keys: [Key] = []
    for field in try ProtobufReader.fields(of: bytes, in: "permission") {
      switch field.number {
      case 3: name = String(decoding: try field.data("permission"), as: UTF8.self)
      case 4: threshold = try field.integer("permission")
      case 6: operations = try PermissionOperations(mask: try field.data("permission"))
      case 7:
        let fields = ContractFields(try ProtobufReader.fields(of: field.data("permission"), in: "key"))
        guard let address = try fields.address(1) else { throw .malformed("a key of the permission has no address") }
        keys.append(Key(address: address, weight: try fields.integer(2)))
      default: break
      }
    }
    self.init(id: 0, name: name, threshold: threshold, operations: operations, keys: keys)
  }
}
