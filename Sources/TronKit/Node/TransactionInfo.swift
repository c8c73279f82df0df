/// The receipt of a transaction that is in a block.
public struct TransactionInfo: Hashable, Sendable {
  public let id: TransactionID
  public let blockNumber: Int64
  /// Milliseconds of chain time.
  public let blockTimestamp: Int64
  public let fee: Sun
  /// Whether it took effect.
  public let succeeded: Bool
  /// Of a smart-contract call: `SUCCESS`, `REVERT`, `OUT_OF_ENERGY`, …; empty for system contracts.
  public let receiptResult: String
  /// Why it failed, where the chain says.
  public let message: String
  public let energyUsed: Energy
  /// Bandwidth taken from stake or the free allowance.
  public let bandwidthUsed: Int64
  /// Burned for bandwidth.
  public let bandwidthFee: Sun
  public let logs: [EventLog]
  /// What contracts have sent on while the transaction ran.
  public let internalTransfers: [InternalTransfer]

  public init(
    id: TransactionID, blockNumber: Int64, blockTimestamp: Int64, fee: Sun = .zero, succeeded: Bool = true,
    receiptResult: String = "", message: String = "", energyUsed: Energy = .zero, bandwidthUsed: Int64 = 0,
    bandwidthFee: Sun = .zero, logs: [EventLog] = [], internalTransfers: [InternalTransfer] = []
  ) {
    self.id = id
    self.blockNumber = blockNumber
    self.blockTimestamp = blockTimestamp
    self.fee = fee
    self.succeeded = succeeded
    self.receiptResult = receiptResult
    self.message = message
    self.energyUsed = energyUsed
    self.bandwidthUsed = bandwidthUsed
    self.bandwidthFee = bandwidthFee
    self.logs = logs
    self.internalTransfers = internalTransfers
  }
}

/// An event of a smart contract.
public struct EventLog: Hashable, Sendable {
  /// The contract that emitted it.
  public let address: TronAddress
  /// 32 bytes each, the first the hash of the event's signature.
  public let topics: [[UInt8]]
  public let data: [UInt8]

  public init(address: TronAddress, topics: [[UInt8]], data: [UInt8]) {
    self.address = address
    self.topics = topics
    self.data = data
  }
}

/// The JSON of `gettransactioninfobyid`; `{}` until the transaction is in a block.
struct TransactionInfoAnswer: Decodable {
  struct Receipt: Decodable {
    var result: String?
    var energy_usage_total: Int64?
    var net_usage: Int64?
    var net_fee: Int64?
  }

  struct Log: Decodable {
    var address: String
    var topics: [String]?
    var data: String?

    func log() throws -> EventLog {
      EventLog(
        address: try contract(),
        topics: try (topics ?? []).map { try Hex.decode($0) }, data: try Hex.decode(data ?? ""))
    }

    /// Base58 with `visible` (java-tron: Util.convertLogAddressToTronAddress); without it hexadecimal of 20 bytes, to
    /// which some gateways add the 0x41.
    private func contract() throws -> TronAddress {
      if address.hasPrefix("T") { return try TronAddress(parsing: address) }
      let bytes = try Hex.decode(address)
      return try bytes.count == 21 ? TronAddress(bytes: bytes) : TronAddress(evmBytes: bytes)
    }
  }

  var id: TransactionID?
  var fee: Int64?
  var blockNumber: Int64?
  var blockTimeStamp: Int64?
  var receipt: Receipt?
  var result: String?
  var resMessage: String?
  var log: [Log]?
  var internal_transactions: [InternalTransferAnswer]?

  func info() throws -> TransactionInfo? {
    guard let id, let blockNumber else { return nil }
    let executed = receipt?.result ?? ""
    return TransactionInfo(
      id: id, blockNumber: try NodeNumber.checked(blockNumber, "blockNumber", NodeNumber.blocks),
      blockTimestamp: try NodeNumber.checked(blockTimeStamp, "blockTimeStamp", NodeNumber.times),
      fee: Sun(try NodeNumber.resource(fee, "fee")),
      succeeded: result != "FAILED" && (executed.isEmpty || executed == "SUCCESS"), receiptResult: executed,
      message: NodeText.readable(resMessage ?? ""),
      energyUsed: Energy(try NodeNumber.resource(receipt?.energy_usage_total, "energy_usage_total")),
      bandwidthUsed: try NodeNumber.resource(receipt?.net_usage, "net_usage"),
      bandwidthFee: Sun(try NodeNumber.resource(receipt?.net_fee, "net_fee")),
      logs: try (log ?? []).map { try $0.log() },
      internalTransfers: (internal_transactions ?? []).compactMap { $0.transfer })
  }
}
