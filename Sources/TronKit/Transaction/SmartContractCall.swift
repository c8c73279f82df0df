/// A call of a smart contract (TriggerSmartContract). Its transaction needs a `feeLimit`: what its energy may burn at
/// most, which the chain caps at 15,000 TRX (`getMaxFeeLimit`).
public struct SmartContractCall: Hashable, Sendable {
  /// Who calls, and pays.
  public var owner: TronAddress
  /// What is called.
  public var contract: TronAddress
  /// TRX sent along; nearly always zero.
  public var value: Sun
  /// The selector and the arguments; see `TokenCall`.
  public var data: [UInt8]
  /// TRC-10 tokens sent along, of the id below.
  public var tokenValue: Int64
  /// 0 for none.
  public var tokenID: Int64

  /// - Parameter data: as `TokenCall.data()` makes it.
  public init(
    owner: TronAddress, contract: TronAddress, value: Sun = .zero, data: [UInt8], tokenValue: Int64 = 0,
    tokenID: Int64 = 0
  ) {
    self.owner = owner
    self.contract = contract
    self.value = value
    self.data = data
    self.tokenValue = tokenValue
    self.tokenID = tokenID
  }

  /// A call of a TRC-20 token.
  /// - Throws: `abi_malformed` for a negative amount.
  public init(owner: TronAddress, token: TronAddress, _ call: TokenCall) throws(ABIError) {
    self.init(owner: owner, contract: token, data: try call.data())
  }

  func write(to writer: inout ProtobufWriter) {
    writer.data(1, owner.bytes)
    writer.data(2, contract.bytes)
    writer.integer(3, value.value)
    writer.data(4, data)
    writer.integer(5, tokenValue)
    writer.integer(6, tokenID)
  }

  init?(_ owner: TronAddress, _ fields: ContractFields) throws(TransactionError) {
    guard let contract = try fields.address(2) else { return nil }
    self.init(
      owner: owner, contract: contract, value: Sun(try fields.integer(3)), data: try fields.data(4),
      tokenValue: try fields.integer(5), tokenID: try fields.integer(6))
  }
}
