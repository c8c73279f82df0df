/// What a transaction's bytes say of who acts and what it moves. Read as leniently as the chain does, canonical or not:
/// for seeing what has happened, never for signing.
public struct ChainContent: Hashable, Sendable {
  /// The number of the contract in the protocol's enum.
  public let type: Int64
  /// Whose account acts, and pays the fee. Nil where the bytes name no address.
  public let owner: TronAddress?
  /// Who is paid by a TransferContract, or called by a TriggerSmartContract.
  public let to: TronAddress?
  /// TRX that goes from `owner` to `to`, if it takes effect.
  public let amount: Sun
  /// What a smart contract is called with.
  public let data: [UInt8]

  static let transfer: Int64 = 1
  static let trigger: Int64 = 31

  public var isTransfer: Bool { type == Self.transfer }
  public var isCall: Bool { type == Self.trigger }

  /// AccountUpdateContract and SetAccountIdContract name something else first; all others the owner.
  private static let ownerComesSecond: Set<Int64> = [10, 19]

  fileprivate init(type: Int64, value: [UInt8]) throws(TransactionError) {
    let ownerField: UInt64 = Self.ownerComesSecond.contains(type) ? 2 : 1
    let isUnderstood = type == Self.transfer || type == Self.trigger
    var owner: TronAddress?
    var to: TronAddress?
    var amount: Int64 = 0
    var data: [UInt8] = []
    for field in try ProtobufReader.fields(of: value, in: "contract \(type)") {
      switch field.number {
      case ownerField: owner = Self.address(field)
      case 2 where isUnderstood: to = Self.address(field)
      case 3 where isUnderstood: amount = try field.integer("contract \(type)")
      case 4 where type == Self.trigger: data = try field.data("contract \(type)")
      default: break
      }
    }
    self.type = type
    self.owner = owner
    self.to = to
    self.amount = Sun(amount)
    self.data = data
  }

  private static func address(_ field: ProtobufReader.Field) -> TronAddress? {
    do throws(TransactionError) { return try field.address("the contract") } catch { return nil }
  }
}

extension ChainTransaction {
  /// Nil where it does not hold exactly one contract, as everything that the chain takes does.
  public func content() throws(TransactionError) -> ChainContent? {
    var contracts: [[UInt8]] = []
    for field in try ProtobufReader.fields(of: rawBytes, in: "raw_data") where field.number == 11 {
      contracts.append(try field.data("raw_data"))
    }
    guard contracts.count == 1 else { return nil }
    var type: Int64 = 0
    var parameter: [UInt8] = []
    for field in try ProtobufReader.fields(of: contracts[0], in: "contract") {
      switch field.number {
      case 1: type = try field.integer("contract")
      case 2: parameter = try field.data("contract")
      default: break
      }
    }
    var value: [UInt8] = []
    for field in try ProtobufReader.fields(of: parameter, in: "parameter") where field.number == 2 {
      value = try field.data("parameter")
    }
    return try ChainContent(type: type, value: value)
  }
}
