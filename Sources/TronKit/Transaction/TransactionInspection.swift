/// What a transaction says, for people to read.
public struct TransactionInspection: Hashable, Sendable, Codable {
  public let txid: TransactionID
  public let contract: String
  public var owner: TronAddress?
  public var receiver: TronAddress?
  public var resource: String?
  /// Staked sun of a delegation, or the sun of a transfer.
  public var balance: Sun?
  public var lock: Bool?
  /// Blocks.
  public var lockPeriod: Int64?
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

  public init(_ transaction: SignedTransaction) throws {
    let raw = try transaction.raw()
    txid = transaction.id
    contract = raw.contract.name
    permissionID = raw.permissionID
    expiration = raw.expiration
    signers = try transaction.signers()
    switch raw.contract {
    case .delegateResource(let owner, let receiver, let resource, let balance, let lock, let lockPeriod):
      (self.owner, self.receiver, self.balance) = (owner, receiver, balance)
      (self.resource, self.lock, self.lockPeriod) = (resource.name, lock, lockPeriod)
    case .undelegateResource(let owner, let receiver, let resource, let balance):
      (self.owner, self.receiver, self.resource, self.balance) = (owner, receiver, resource.name, balance)
    case .transfer(let owner, let to, let amount):
      (self.owner, receiver, balance) = (owner, to, amount)
    case .unknown(_, _, let value):
      valueHex = Hex.encode(value)
    }
  }
}
