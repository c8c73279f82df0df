/// A TransferContract's content: TRX from one account to another.
public struct ChainTransfer: Hashable, Sendable {
  public let from: TronAddress
  public let to: TronAddress
  public let amount: Sun

  public init(from: TronAddress, to: TronAddress, amount: Sun) {
    self.from = from
    self.to = to
    self.amount = amount
  }
}

extension ChainTransaction {
  /// What a TransferContract moves; nil for every other kind. Unlike `raw()` it takes whatever encoding the chain has
  /// taken, canonical or not: it is for seeing who was paid, not for signing.
  public func transfer() throws(TransactionError) -> ChainTransfer? {
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
    return type == 1 ? try Self.transfer(in: parameter) : nil
  }

  private static func transfer(in parameter: [UInt8]) throws(TransactionError) -> ChainTransfer? {
    var value: [UInt8] = []
    for field in try ProtobufReader.fields(of: parameter, in: "parameter") where field.number == 2 {
      value = try field.data("parameter")
    }
    var from: TronAddress?
    var to: TronAddress?
    var amount: Int64 = 0
    for field in try ProtobufReader.fields(of: value, in: "TransferContract") {
      switch field.number {
      case 1: from = try field.address("TransferContract")
      case 2: to = try field.address("TransferContract")
      case 3: amount = try field.integer("TransferContract")
      default: break
      }
    }
    guard let from, let to else { return nil }
    return ChainTransfer(from: from, to: to, amount: Sun(amount))
  }
}
