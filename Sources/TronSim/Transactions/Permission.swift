/// Who may sign for an account: keys with weights, a threshold, and for an active permission the allowed contract
/// types.
struct Permission: Sendable, Equatable {
  struct Key: Sendable, Equatable {
    var address: [UInt8]
    var weight: Int64
  }

  static let owner: Int64 = 0
  static let witness: Int64 = 1
  static let active: Int64 = 2

  /// 0 owner, 1 witness, 2 active.
  var type: Int64 = 0
  var id: Int64 = 0
  var name = ""
  var threshold: Int64 = 0
  var parentID: Int64 = 0
  /// 32 bytes for an active permission; bit n%8 of byte n/8 allows contract type n.
  var operations: [UInt8] = []
  var keys: [Key] = []

  /// Default mask of accounts created in 2026: it holds 57 and 58, and not 46.
  static let defaultOperations: [UInt8] =
    [0x7f, 0xff, 0x1f, 0xc0, 0x03, 0x3e, 0xfb, 0x0f] + [UInt8](repeating: 0, count: 24)

  /// The contract types that exist on mainnet: the default mask and 46, which only the owner may use by default.
  static let knownOperations: [UInt8] =
    [0x7f, 0xff, 0x1f, 0xc0, 0x03, 0x7e, 0xfb, 0x0f] + [UInt8](repeating: 0, count: 24)

  static func defaultOwner(_ address: Address) -> Permission {
    Permission(type: owner, id: 0, name: "owner", threshold: 1, keys: [Key(address: address.bytes, weight: 1)])
  }

  static func defaultActive(_ address: Address) -> Permission {
    Permission(
      type: active, id: 2, name: "active", threshold: 1, operations: defaultOperations,
      keys: [Key(address: address.bytes, weight: 1)])
  }

  func allows(_ contractType: Int64) -> Bool {
    guard (0..<256).contains(contractType), operations.count == 32 else { return false }
    return operations[Int(contractType / 8)] & (1 << UInt8(contractType % 8)) != 0
  }

  var typeName: String { type == Self.owner ? "Owner" : type == Self.witness ? "Witness" : "Active" }

  /// 0 for an address that is no key of this permission.
  func weight(of address: Address) -> Int64 { keys.first { $0.address == address.bytes }?.weight ?? 0 }

  init(
    type: Int64 = 0, id: Int64 = 0, name: String = "", threshold: Int64 = 0, operations: [UInt8] = [], keys: [Key] = []
  ) {
    self.type = type
    self.id = id
    self.name = name
    self.threshold = threshold
    self.operations = operations
    self.keys = keys
  }

  init(decoding bytes: [UInt8]) throws(ProtobufReader.Malformed) {
    for field in try ProtobufReader.fields(of: bytes) {
      switch field.number {
      case 1: type = try field.int64()
      case 2: id = try field.int64()
      case 3: name = String(decoding: try field.data(), as: UTF8.self)
      case 4: threshold = try field.int64()
      case 5: parentID = try field.int64()
      case 6: operations = try field.data()
      case 7:
        var key = Key(address: [], weight: 0)
        for part in try ProtobufReader.fields(of: try field.data()) {
          if part.number == 1 { key.address = try part.data() }
          if part.number == 2 { key.weight = try part.int64() }
        }
        keys.append(key)
      default: break
      }
    }
  }

  var encoded: [UInt8] {
    var writer = ProtobufWriter()
    writer.varint(1, type)
    writer.varint(2, id)
    writer.data(3, Array(name.utf8))
    writer.varint(4, threshold)
    writer.varint(5, parentID)
    writer.data(6, operations)
    for key in keys {
      var part = ProtobufWriter()
      part.data(1, key.address)
      part.varint(2, key.weight)
      writer.message(7, part.bytes)
    }
    return writer.bytes
  }
}
