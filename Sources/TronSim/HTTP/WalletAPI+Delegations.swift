/// Stake: what is lent to whom, what could be lent, and what waits to come free.
extension WalletAPI {
  func canDelegate(_ parameters: APIParameters) throws(APIError) -> JSON {
    guard let owner = try parameters.address("owner_address"), let account = state.accounts[owner],
      let resource = Resource(rawValue: parameters.int("type") ?? 0), resource != .tronPower
    else { return [:] }
    let reserved = state.reservedUnits(resource, balance: account[resource].frozen)
    let size = state.lendable(resource, of: account, at: nowMs, reserved: reserved)
    return size < ChainParameters.sunPerTRX ? [:] : ["max_size": .int(size)]
  }

  func delegatedResource(_ parameters: APIParameters) throws(APIError) -> JSON {
    guard let from = try parameters.address("fromAddress"), let to = try parameters.address("toAddress"),
      let delegation = state.delegations[Delegation.Pair(from: from, to: to)]
    else { return [:] }
    func record(_ net: Int64, _ energy: Int64, _ netExpiry: Int64, _ energyExpiry: Int64) -> JSON? {
      guard net > 0 || energy > 0 else { return nil }
      var object = JSONObject()
      object.set("from", .string(from.text(visible: parameters.visible)))
      object.set("to", .string(to.text(visible: parameters.visible)))
      object.set("frozen_balance_for_bandwidth", nonZero: net)
      object.set("frozen_balance_for_energy", nonZero: energy)
      object.set("expire_time_for_bandwidth", nonZero: netExpiry)
      object.set("expire_time_for_energy", nonZero: energyExpiry)
      return object.json
    }
    let (net, energy) = (delegation.bandwidth, delegation.energy)
    let records = [
      record(net.unlocked, energy.unlocked, 0, 0),
      record(net.locked, energy.locked, net.expiresAtMs, energy.expiresAtMs),
    ]
    return ["delegatedResource": .array(records.compactMap(\.self))]
  }

  func delegationIndex(_ parameters: APIParameters) throws(APIError) -> JSON {
    guard let address = try parameters.address("value") else { return [:] }
    let visible = parameters.visible
    func texts(_ addresses: [Address]) -> [JSON] {
      addresses.map { $0.text(visible: visible) }.sorted().map { .string($0) }
    }
    let lenders = texts(state.delegations.keys.filter { $0.to == address }.map(\.from))
    let borrowers = texts(state.delegations.keys.filter { $0.from == address }.map(\.to))
    guard !lenders.isEmpty || !borrowers.isEmpty else { return [:] }
    var object = JSONObject()
    object.set("account", .string(address.text(visible: visible)))
    object.set("fromAccounts", nonEmpty: lenders)
    object.set("toAccounts", nonEmpty: borrowers)
    return object.json
  }

  func unfreezeCount(_ parameters: APIParameters) throws(APIError) -> JSON {
    guard let owner = try parameters.address("owner_address"), let account = state.accounts[owner] else { return [:] }
    var object = JSONObject()
    let waiting = account.unfrozen.count { $0.expiresAtMs > nowMs }
    object.set("count", nonZero: Int64(max(0, ChainState.unfrozenMaximum - waiting)))
    return object.json
  }

  func withdrawable(_ parameters: APIParameters) throws(APIError) -> JSON {
    guard let owner = try parameters.address("owner_address"), let account = state.accounts[owner] else { return [:] }
    let asked = parameters.int("timestamp") ?? 0
    var object = JSONObject()
    if asked >= 0 { object.set("amount", nonZero: account.withdrawable(at: asked == 0 ? nowMs : asked)) }
    return object.json
  }
}
