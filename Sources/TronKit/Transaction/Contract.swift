/// What a transaction does. The kinds this system makes or looks for are spelled out; every other is carried as it is.
public enum Contract: Hashable, Sendable {
  /// Lends the resource of `balance` staked sun. `lockPeriod` counts blocks; 0 with `lock` is the chain's default.
  case delegateResource(
    owner: TronAddress, receiver: TronAddress, resource: ResourceCode, balance: Sun, lock: Bool, lockPeriod: Int64)
  case undelegateResource(owner: TronAddress, receiver: TronAddress, resource: ResourceCode, balance: Sun)
  case transfer(owner: TronAddress, to: TronAddress, amount: Sun)
  /// Any other kind, and one of the above that carries something not understood.
  case unknown(type: Int, typeURL: String, value: [UInt8])

  /// The number in the protocol's enum.
  public var type: Int {
    switch self {
    case .transfer: 1
    case .delegateResource: 57
    case .undelegateResource: 58
    case .unknown(let type, _, _): type
    }
  }

  public var typeURL: String {
    switch self {
    case .transfer: Self.typeURL("TransferContract")
    case .delegateResource: Self.typeURL("DelegateResourceContract")
    case .undelegateResource: Self.typeURL("UnDelegateResourceContract")
    case .unknown(_, let typeURL, _): typeURL
    }
  }

  /// The protocol's name, such as `DelegateResourceContract`.
  public var name: String { String(typeURL.split(separator: ".").last ?? "") }

  private static func typeURL(_ name: String) -> String { "type.googleapis.com/protocol.\(name)" }

  /// The message inside `Any`, in canonical bytes.
  public func encodedValue() -> [UInt8] {
    var writer = ProtobufWriter()
    switch self {
    case .delegateResource(let owner, let receiver, let resource, let balance, let lock, let lockPeriod):
      writer.data(1, owner.bytes)
      writer.integer(2, Int64(resource.rawValue))
      writer.integer(3, balance.value)
      writer.data(4, receiver.bytes)
      writer.bool(5, lock)
      writer.integer(6, lockPeriod)
    case .undelegateResource(let owner, let receiver, let resource, let balance):
      writer.data(1, owner.bytes)
      writer.integer(2, Int64(resource.rawValue))
      writer.integer(3, balance.value)
      writer.data(4, receiver.bytes)
    case .transfer(let owner, let to, let amount):
      writer.data(1, owner.bytes)
      writer.data(2, to.bytes)
      writer.integer(3, amount.value)
    case .unknown(_, _, let value):
      return value
    }
    return writer.bytes
  }

  /// Never fails: what cannot be understood in full is `unknown`.
  init(type: Int, typeURL: String, value: [UInt8]) {
    let understood: Contract?
    do throws(TransactionError) {
      understood = try Self.understood(type, value)
    } catch {
      // A node would refuse such a value too; it is shown as it came.
      understood = nil
    }
    guard let understood, understood.typeURL == typeURL, understood.encodedValue() == value else {
      self = .unknown(type: type, typeURL: typeURL, value: value)
      return
    }
    self = understood
  }

  private static func understood(_ type: Int, _ value: [UInt8]) throws(TransactionError) -> Contract? {
    let fields = ContractFields(try ProtobufReader.fields(of: value, in: "contract \(type)"))
    guard let owner = try fields.address(1) else { return nil }
    switch type {
    case 1:
      guard let to = try fields.address(2) else { return nil }
      return .transfer(owner: owner, to: to, amount: Sun(try fields.integer(3)))
    case 57, 58:
      guard let receiver = try fields.address(4), let resource = ResourceCode(rawValue: Int(try fields.integer(2)))
      else { return nil }
      let balance = Sun(try fields.integer(3))
      if type == 58 {
        return .undelegateResource(owner: owner, receiver: receiver, resource: resource, balance: balance)
      }
      return .delegateResource(
        owner: owner, receiver: receiver, resource: resource, balance: balance,
        lock: try fields.integer(5) != 0, lockPeriod: try fields.integer(6))
    default: return nil
    }
  }
}

/// Fields by number; as in protobuf the last of several counts, and a missing number is 0.
private struct ContractFields {
  private var fields: [UInt64: ProtobufReader.Field] = [:]

  init(_ list: [ProtobufReader.Field]) {
    for field in list { fields[field.number] = field }
  }

  func integer(_ number: UInt64) throws(TransactionError) -> Int64 {
    try fields[number]?.integer("the contract") ?? 0
  }

  func address(_ number: UInt64) throws(TransactionError) -> TronAddress? {
    try fields[number]?.address("the contract")
  }
}
