/// The part of a transaction that is hashed and signed.
public struct RawTransaction: Hashable, Sendable {
  /// Low 16 bits of the number of a recent block (2 bytes).
  public var refBlockBytes: [UInt8]
  /// Bytes 8 to 15 of that block's id.
  public var refBlockHash: [UInt8]
  /// Milliseconds of chain time; after it the transaction can no longer enter a block.
  public var expiration: Int64
  /// Milliseconds; only makes otherwise equal transactions different.
  public var timestamp: Int64
  /// Sun; 0 for other than smart-contract calls.
  public var feeLimit: Int64
  /// The memo. The chain charges 1 TRX for one that is not empty.
  public var data: [UInt8]
  public var contract: Contract
  /// Which permission of the owner has signed: 0 owner, 2 and above active ones.
  public var permissionID: Int32

  public init(
    refBlockBytes: [UInt8], refBlockHash: [UInt8], expiration: Int64, timestamp: Int64, feeLimit: Int64 = 0,
    data: [UInt8] = [], contract: Contract, permissionID: Int32 = 0
  ) {
    self.refBlockBytes = refBlockBytes
    self.refBlockHash = refBlockHash
    self.expiration = expiration
    self.timestamp = timestamp
    self.feeLimit = feeLimit
    self.data = data
    self.contract = contract
    self.permissionID = permissionID
  }

  /// References a block, best a solid one: a fork cannot invalidate the transaction then.
  public init(
    referencing block: BlockID, expiration: Int64, timestamp: Int64, feeLimit: Sun = .zero, contract: Contract,
    permissionID: Int32 = 0
  ) {
    self.init(
      refBlockBytes: block.refBlockBytes, refBlockHash: block.refBlockHash, expiration: expiration,
      timestamp: timestamp, feeLimit: feeLimit.value, contract: contract, permissionID: permissionID)
  }

  /// Canonical bytes, as nodes write them.
  public func encoded() -> [UInt8] {
    var any = ProtobufWriter(capacity: 256)
    any.text(1, contract.typeURL)
    any.data(2, contract.encodedValue())
    var part = ProtobufWriter(capacity: 256)
    part.integer(1, Int64(contract.type))
    part.message(2, any.bytes)
    part.integer(5, Int64(permissionID))
    var raw = ProtobufWriter(capacity: 320)
    raw.data(1, refBlockBytes)
    raw.data(4, refBlockHash)
    raw.integer(8, expiration)
    raw.data(10, data)
    raw.message(11, part.bytes)
    raw.integer(14, timestamp)
    raw.integer(18, feeLimit)
    return raw.bytes
  }

  /// Of the canonical bytes.
  public var id: TransactionID { TransactionID(ofRawBytes: encoded()) }

  /// Signs and packs the transaction.
  public func signed(with key: PrivateKey) throws(KeyError) -> SignedTransaction {
    let bytes = encoded()
    let id = TransactionID(ofRawBytes: bytes)
    return SignedTransaction(rawBytes: bytes, signatures: [try key.sign(id.bytes)], id: id)
  }

  /// What the chain will charge once it is signed: its whole size and 64 bytes for the result.
  /// - Parameter signatures: how many it will carry. With more than one the chain takes 1 TRX besides.
  public func bandwidth(signatures: Int = 1) -> Int64 {
    let raw = encoded().count
    let lengthBytes = raw < 128 ? 1 : raw < 16_384 ? 2 : 3
    return Int64(1 + lengthBytes + raw + signatures * 67 + 64)
  }

  /// Reads what is on the chain, passing over fields that this type does not have. To sign or forward something,
  /// use `init(decodingExactly:)`.
  public init(decoding bytes: [UInt8]) throws(TransactionError) {
    var contracts: [[UInt8]] = []
    self.init(
      refBlockBytes: [], refBlockHash: [], expiration: 0, timestamp: 0,
      contract: .unknown(type: 0, typeURL: "", value: []))
    for field in try ProtobufReader.fields(of: bytes, in: "raw_data") {
      switch field.number {
      case 1: refBlockBytes = try field.data("raw_data")
      case 4: refBlockHash = try field.data("raw_data")
      case 8: expiration = try field.integer("raw_data")
      case 10: data = try field.data("raw_data")
      case 11: contracts.append(try field.data("raw_data"))
      case 14: timestamp = try field.integer("raw_data")
      case 18: feeLimit = try field.integer("raw_data")
      default: break
      }
    }
    guard contracts.count == 1 else {
      throw .malformed("raw_data has \(contracts.count) contracts, exactly one is allowed")
    }
    try decodeContract(contracts[0])
  }

  /// Like `init(decoding:)`, but refuses bytes that hold anything beyond this type's fields.
  public init(decodingExactly bytes: [UInt8]) throws(TransactionError) {
    try self.init(decoding: bytes)
    guard encoded() == bytes else {
      throw .unsupported("it has fields or an encoding that this program does not write, so it was not read in full")
    }
  }

  private mutating func decodeContract(_ bytes: [UInt8]) throws(TransactionError) {
    var type: Int64 = 0
    var typeURL = ""
    var value: [UInt8] = []
    for field in try ProtobufReader.fields(of: bytes, in: "contract") {
      switch field.number {
      case 1: type = try field.integer("contract")
      case 2:
        for inner in try ProtobufReader.fields(of: field.data("contract"), in: "parameter") {
          switch inner.number {
          case 1: typeURL = String(decoding: try inner.data("parameter"), as: UTF8.self)
          case 2: value = try inner.data("parameter")
          default: break
          }
        }
      case 5: permissionID = Int32(truncatingIfNeeded: try field.integer("contract"))
      default: break
      }
    }
    contract = Contract(type: Int(type), typeURL: typeURL, value: value)
  }
}
