/// What a transaction says, for people to read.
public struct TransactionInspection: Hashable, Sendable, Codable {
  /// SHA-256 of what was signed.
  public let txid: TransactionID
  /// The protocol's name of its kind.
  public let contract: String
  /// Whose account it acts on.
  public var owner: TronAddress?
  /// Who gets the TRX or the resource.
  public var receiver: TronAddress?
  /// `ENERGY` or `BANDWIDTH`.
  public var resource: String?
  /// Sun that are sent, staked, unstaked, lent or taken back.
  public var balance: Sun?
  /// Whether what is lent cannot be taken back before `lockPeriod` is over.
  public var lock: Bool?
  /// Blocks.
  public var lockPeriod: Int64?
  /// The smart contract that is called.
  public var contractAddress: TronAddress?
  /// What is called, where the program knows it: `transfer(address,uint256)`.
  public var function: String?
  /// Who gets the tokens.
  public var tokenReceiver: TronAddress?
  /// In the token's smallest unit.
  public var tokenAmount: Int64?
  /// The call's data.
  public var dataHex: String?
  /// Sun that a call may burn at most.
  public var feeLimit: Sun?
  /// The permissions that will be all the account has.
  public var permissions: [PermissionInspection]?
  /// The memo, for which the chain charges 1 TRX.
  public var memoHex: String?
  /// What it costs, with one signature if it has none yet.
  public let bandwidth: Int64
  /// Under which of the owner's permissions it is signed.
  public let permissionID: Int32
  /// Milliseconds since 1970.
  public let expiration: Int64
  /// Empty for a transaction that nobody has signed.
  public let signers: [TronAddress]
  /// Present where the program does not know the kind of contract.
  public var valueHex: String?

  enum CodingKeys: String, CodingKey {
    case txid, contract, owner, receiver, resource, balance, lock
    case lockPeriod = "lock_period"
    case contractAddress = "contract_address"
    case function
    case tokenReceiver = "token_receiver"
    case tokenAmount = "token_amount"
    case dataHex = "data_hex"
    case feeLimit = "fee_limit"
    case permissions
    case memoHex = "memo_hex"
    case bandwidth
    case permissionID = "permission_id"
    case expiration, signers
    case valueHex = "value_hex"
  }

  /// Reads the hexadecimal form of a signed transaction or of bare raw data.
  public init(hex: String) throws {
    let bytes = try Hex.decode(hex)
    // Both begin with field 1: raw_data is a long message there, ref_block_bytes two bytes.
    if bytes.count >= 2, bytes[0] == 0x0a, bytes[1] == 2 {
      try self.init(SignedTransaction(rawBytes: bytes, signatures: []))
    } else {
      try self.init(SignedTransaction(decoding: bytes))
    }
  }

  /// - Throws: `TransactionError` or `KeyError` when it cannot be read or a signature is impossible.
  public init(_ transaction: SignedTransaction) throws {
    let raw = try transaction.raw()
    txid = transaction.id
    contract = raw.contract.name
    permissionID = raw.permissionID
    expiration = raw.expiration
    signers = try transaction.signers()
    bandwidth = signers.isEmpty ? transaction.bandwidth + 67 : transaction.bandwidth
    owner = raw.contract.owner
    feeLimit = raw.feeLimit == 0 ? nil : Sun(raw.feeLimit)
    memoHex = raw.data.isEmpty ? nil : Hex.encode(raw.data)
    read(raw.contract)
  }

  private mutating func read(_ contract: Contract) {
    switch contract {
    case .delegateResource(_, let receiver, let resource, let balance, let lock, let lockPeriod):
      (self.receiver, self.balance) = (receiver, balance)
      (self.resource, self.lock, self.lockPeriod) = (resource.name, lock, lockPeriod)
    case .undelegateResource(_, let receiver, let resource, let balance):
      (self.receiver, self.resource, self.balance) = (receiver, resource.name, balance)
    case .transfer(_, let to, let amount):
      (receiver, balance) = (to, amount)
    case .freezeBalance(_, let resource, let balance), .unfreezeBalance(_, let resource, let balance):
      (self.resource, self.balance) = (resource.name, balance)
    case .withdrawExpireUnfreeze: break
    case .triggerSmartContract(let call): read(call)
    case .updatePermissions(let update):
      permissions = ([update.owner, update.witness].compactMap { $0 } + update.actives).map { PermissionInspection($0) }
    case .unknown(_, _, let value):
      valueHex = Hex.encode(value)
    }
  }

  private mutating func read(_ call: SmartContractCall) {
    contractAddress = call.contract
    balance = call.value == .zero ? nil : call.value
    dataHex = Hex.encode(call.data)
    let known: TokenCall?
    do throws(ABIError) {
      known = try TokenCall(decoding: call.data)
    } catch {
      // The data is shown; whoever reads it sees that it is not a call that the program understands.
      known = nil
    }
    function = known?.signature
    switch known {
    case .transfer(let to, let amount): (tokenReceiver, tokenAmount) = (to, amount)
    case .balance, nil: break
    }
  }
}

/// One of the permissions that an account is given.
public struct PermissionInspection: Hashable, Sendable, Codable {
  /// Who may sign.
  public struct Key: Hashable, Sendable, Codable {
    /// The address of the key.
    public let address: TronAddress
    /// What it counts towards the threshold.
    public let weight: Int64
  }

  /// 0 owner, 1 witness, from 2 on active.
  public let id: Int32
  /// Free text.
  public let name: String
  /// The sum of weights that signatures must reach.
  public let threshold: Int64
  /// Contract types, in ascending order; nil for the owner, who may do everything.
  public let operations: [Int]?
  /// Who may sign.
  public let keys: [Key]

  init(_ permission: AccountPermission) {
    id = permission.id
    name = permission.name
    threshold = permission.threshold
    operations = permission.operations?.contractTypes.sorted()
    keys = permission.keys.map { Key(address: $0.address, weight: $0.weight) }
  }
}
