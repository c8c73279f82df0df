/// `Transaction.raw`: what is hashed and signed.
struct RawTransaction: Sendable {
  struct Contract: Sendable {
    var type: Int64 = 0
    var typeURL = ""
    var value: [UInt8] = []
    var permissionID: Int64 = 0
    /// Fields that the simulator does not interpret (3 provider, 4 ContractName).
    var provider: [UInt8] = []
    var name: [UInt8] = []
  }

  var refBlockBytes: [UInt8] = []
  var refBlockNumber: Int64 = 0
  var refBlockHash: [UInt8] = []
  /// ms of chain time
  var expiration: Int64 = 0
  /// memo
  var data: [UInt8] = []
  var contracts: [Contract] = []
  var scripts: [UInt8] = []
  /// ms, informational
  var timestamp: Int64 = 0
  /// sun
  var feeLimit: Int64 = 0

  init() {}

  init(decoding bytes: [UInt8]) throws(ProtobufReader.Malformed) {
    for field in try ProtobufReader.fields(of: bytes) {
      switch field.number {
      case 1: refBlockBytes = try field.data()
      case 3: refBlockNumber = try field.int64()
      case 4: refBlockHash = try field.data()
      case 8: expiration = try field.int64()
      case 10: data = try field.data()
      case 11: contracts.append(try Self.contract(try field.data()))
      case 12: scripts = try field.data()
      case 14: timestamp = try field.int64()
      case 18: feeLimit = try field.int64()
      default: throw ProtobufReader.Malformed(reason: "raw_data has unknown field \(field.number)")
      }
    }
  }

  private static func contract(_ bytes: [UInt8]) throws(ProtobufReader.Malformed) -> Contract {
    var contract = Contract()
    for field in try ProtobufReader.fields(of: bytes) {
      switch field.number {
      case 1: contract.type = try field.int64()
      case 2:
        for part in try ProtobufReader.fields(of: try field.data()) {
          if part.number == 1 { contract.typeURL = String(decoding: try part.data(), as: UTF8.self) }
          if part.number == 2 { contract.value = try part.data() }
        }
      case 3: contract.provider = try field.data()
      case 4: contract.name = try field.data()
      case 5: contract.permissionID = try field.int64()
      default: throw ProtobufReader.Malformed(reason: "contract has unknown field \(field.number)")
      }
    }
    return contract
  }

  /// Canonical bytes. A node hashes these, so a transaction signed over any other encoding fails its signature check.
  var encoded: [UInt8] {
    var writer = ProtobufWriter()
    writer.data(1, refBlockBytes)
    writer.varint(3, refBlockNumber)
    writer.data(4, refBlockHash)
    writer.varint(8, expiration)
    writer.data(10, data)
    for contract in contracts {
      var parameter = ProtobufWriter()
      parameter.data(1, Array(contract.typeURL.utf8))
      parameter.data(2, contract.value)
      var part = ProtobufWriter()
      part.varint(1, contract.type)
      part.message(2, parameter.bytes)
      part.data(3, contract.provider)
      part.data(4, contract.name)
      part.varint(5, contract.permissionID)
      writer.message(11, part.bytes)
    }
    writer.data(12, scripts)
    writer.varint(14, timestamp)
    writer.varint(18, feeLimit)
    return writer.bytes
  }
}
