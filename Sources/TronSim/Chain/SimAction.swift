/// A change that the control API makes outside any transaction. Written to the journal, so that a restart repeats it.
enum SimAction: Sendable, Equatable {
  struct Adjustment: Sendable, Equatable {
    let address: Address
    /// sun
    var balance: Int64?
    /// micro-USDT
    var usdt: Int64?
    /// Own stake in sun, lent or not.
    var energyStake: Int64?
    var bandwidthStake: Int64?
    var isContract: Bool?
    /// Whether this account is the USDT contract from now on.
    var isUSDT: Bool?
    /// Whether the USDT contract refuses to move what this account holds.
    var isBlacklisted: Bool?
    /// Whether this contract sends the TRX of a call on.
    var isForwarder: Bool?
    /// Whether this contract pretends to be USDT.
    var isCounterfeit: Bool?
  }

  case adjust(Adjustment)
  case useEnergy(Address, amount: Int64)
  case setParameter(name: String, value: Int64)
  /// ms added to the wall clock for the blocks that follow.
  case setClockOffset(ms: Int64)
  /// Takes blocks off the head; their transactions wait again, or are forgotten.
  case revert(blocks: Int64, keepTransactions: Bool)

  struct Refused: Error, Equatable {
    let reason: String
  }
}

extension SimAction {
  var json: JSON {
    var object = JSONObject()
    switch self {
    case .adjust(let adjustment):
      object.set("action", "adjust")
      object.set("address", .string(adjustment.address.base58))
      if let value = adjustment.balance { object.set("trx", .int(value)) }
      if let value = adjustment.usdt { object.set("usdt", .int(value)) }
      if let value = adjustment.energyStake { object.set("energy_stake", .int(value)) }
      if let value = adjustment.bandwidthStake { object.set("bandwidth_stake", .int(value)) }
      if let value = adjustment.isContract { object.set("contract", .bool(value)) }
      if let value = adjustment.isUSDT { object.set("usdt_contract", .bool(value)) }
      if let value = adjustment.isBlacklisted { object.set("blacklisted", .bool(value)) }
      if let value = adjustment.isForwarder { object.set("forwarder", .bool(value)) }
      if let value = adjustment.isCounterfeit { object.set("counterfeit", .bool(value)) }
    case .useEnergy(let address, let amount):
      object.set("action", "use_energy")
      object.set("address", .string(address.base58))
      object.set("energy", .int(amount))
    case .setParameter(let name, let value):
      object.set("action", "set_parameter")
      object.set("name", .string(name))
      object.set("value", .int(value))
    case .setClockOffset(let ms):
      object.set("action", "clock_offset")
      object.set("ms", .int(ms))
    case .revert(let blocks, let keep):
      object.set("action", "revert")
      object.set("blocks", .int(blocks))
      object.set("keep_transactions", .bool(keep))
    }
    return object.json
  }

  init(json: JSON) throws(Refused) {
    func address() throws(Refused) -> Address {
      let text = json["address"]?.string ?? ""
      guard let address = Address(text: text) else {
        throw Refused(reason: "address '\(text.prefix(64))' is no TRON address; give base58 (T…) or hex (41…)")
      }
      return address
    }
    func number(_ key: String) throws(Refused) -> Int64? {
      guard let value = json[key], value != .null else { return nil }
      guard let number = value.int, number >= 0 else {
        throw Refused(reason: "\(key) must be a whole number of at least 0")
      }
      return number
    }
    func required(_ key: String) throws(Refused) -> Int64 {
      guard let value = try number(key) else { throw Refused(reason: "\(key) is missing") }
      return value
    }
    switch json["action"]?.string {
    case "adjust":
      self = .adjust(
        Adjustment(
          address: try address(), balance: try number("trx"), usdt: try number("usdt"),
          energyStake: try number("energy_stake"), bandwidthStake: try number("bandwidth_stake"),
          isContract: json["contract"]?.bool, isUSDT: json["usdt_contract"]?.bool,
          isBlacklisted: json["blacklisted"]?.bool, isForwarder: json["forwarder"]?.bool,
          isCounterfeit: json["counterfeit"]?.bool))
    case "use_energy": self = .useEnergy(try address(), amount: try required("energy"))
    case "set_parameter":
      self = .setParameter(name: json["name"]?.string ?? "", value: try required("value"))
    case "clock_offset": self = .setClockOffset(ms: try required("ms"))
    case "revert":
      self = .revert(blocks: try required("blocks"), keepTransactions: json["keep_transactions"]?.bool ?? true)
    default: throw Refused(reason: "unknown action '\(json["action"]?.string ?? "")'")
    }
  }
}
