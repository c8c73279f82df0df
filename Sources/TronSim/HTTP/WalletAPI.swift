/// java-tron's HTTP API: `/wallet/…` answers from the head, `/walletsolidity/…` from the solid block.
struct WalletAPI {
  enum Scope {
    case head, solid
  }

  let chain: Chain
  let scope: Scope

  /// Not on `/walletsolidity`: these read or change what only a full node has.
  private static let headOnly: Set<String> = [
    "getaccountresource", "getchainparameters", "getblockbylimitnext", "gettransactionfrompending", "getpendingsize",
    "validateaddress", "getnodeinfo",
  ]

  private var state: ChainState { scope == .head ? chain.state : chain.solidState }
  private var top: Block { scope == .head ? chain.head : chain.solid }
  private var nowMs: Int64 { top.timestampMs }

  /// `nil` for a method that does not exist.
  func answer(_ method: String, _ parameters: APIParameters) throws(APIError) -> JSON? {
    if scope == .solid, Self.headOnly.contains(method) { return nil }
    switch method {
    case "getaccount": return try account(parameters)
    case "getaccountresource": return try resources(parameters)
    case "getnowblock": return BlockJSON.block(top, visible: parameters.visible, detail: true)
    case "getblock": return try block(parameters)
    case "getblockbynum": return try blockByNumber(parameters)
    case "getblockbyid": return blockByID(parameters.string("value") ?? "", parameters, detail: true)
    case "getblockbylimitnext": return try blocks(parameters)
    case "gettransactionbyid": return transaction(parameters)
    case "gettransactioninfobyid": return transactionInfo(parameters)
    case "gettransactioninfobyblocknum": return try infos(parameters)
    case "gettransactionfrompending": return pending(parameters)
    case "getpendingsize": return ["pendingSize": .int(Int64(chain.pool.count))]
    case "getchainparameters": return chainParameters
    case "getenergyprices": return ["prices": .string("0:\(state.parameters.energyFee)")]
    case "getbandwidthprices": return ["prices": .string("0:\(state.parameters.transactionFee)")]
    case "getcandelegatedmaxsize": return try canDelegate(parameters)
    case "getdelegatedresourcev2": return try delegatedResource(parameters)
    case "getdelegatedresourceaccountindexv2": return try delegationIndex(parameters)
    case "getnodeinfo": return nodeInfo
    case "validateaddress": return validate(parameters.string("address") ?? "")
    default: return nil
    }
  }

  // MARK: Accounts

  private func account(_ parameters: APIParameters) throws(APIError) -> JSON {
    guard let address = try parameters.address("address"), let account = state.accounts[address] else { return [:] }
    return AccountJSON.account(account, nowMs: nowMs, visible: parameters.visible)
  }

  private func resources(_ parameters: APIParameters) throws(APIError) -> JSON {
    guard let address = try parameters.address("address"), let account = state.accounts[address] else { return [:] }
    return AccountJSON.resources(of: account, in: state, nowMs: nowMs)
  }

  private func validate(_ text: String) -> JSON {
    if Address(base58: text) != nil { return ["result": true, "message": "Base58check format"] }
    if Address(hex: text) != nil { return ["result": true, "message": "Hex string format"] }
    return ["result": false, "message": "Invalid address"]
  }

  private var nodeInfo: JSON {
    func line(_ block: Block) -> JSON { .string("Num:\(block.number),ID:\(Hex.encode(block.id))") }
    return ["block": line(chain.head), "solidityBlock": line(chain.solid)]
  }

  private var chainParameters: JSON {
    let list: [JSON] = state.parameters.list.map { entry in
      entry.value == 0 ? ["key": .string(entry.key)] : ["key": .string(entry.key), "value": .int(entry.value)]
    }
    return ["chainParameter": .array(list)]
  }

  // MARK: Blocks

  private func visibleBlock(_ number: Int64) -> Block? { number <= top.number ? chain.block(number) : nil }

  private func block(_ parameters: APIParameters) throws(APIError) -> JSON {
    let detail = parameters.bool("detail")
    guard let text = parameters.string("id_or_num"), !text.isEmpty else {
      return BlockJSON.block(top, visible: parameters.visible, detail: detail)
    }
    if let number = Int64(text), text.count < 20 {
      guard number >= 0 else { throw .plain("num must be non-positive number.") }
      guard let block = visibleBlock(number) else { return [:] }
      return BlockJSON.block(block, visible: parameters.visible, detail: detail)
    }
    guard text.utf8.count == 64, Hex.decode(text) != nil else { throw .plain("id must be legal block hash.") }
    return blockByID(text, parameters, detail: detail)
  }

  private func blockByNumber(_ parameters: APIParameters) throws(APIError) -> JSON {
    guard let number = parameters.int("num") else { throw .nullPointer }
    guard let block = visibleBlock(number) else { return [:] }
    return BlockJSON.block(block, visible: parameters.visible, detail: true)
  }

  private func blockByID(_ text: String, _ parameters: APIParameters, detail: Bool) -> JSON {
    guard let id = Hex.decode(text), id.count == 32 else { return [:] }
    let number = id.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard number < UInt64(Int64.max), let block = visibleBlock(Int64(number)), block.id == id else { return [:] }
    return BlockJSON.block(block, visible: parameters.visible, detail: detail)
  }

  /// From `startNum` to before `endNum`, 100 at most.
  private func blocks(_ parameters: APIParameters) throws(APIError) -> JSON {
    guard let start = parameters.int("startNum"), let end = parameters.int("endNum") else { throw .nullPointer }
    guard start >= 0, end > start, end - start <= 100 else { return [:] }
    let blocks = (start..<end).compactMap(visibleBlock)
    guard !blocks.isEmpty else { return [:] }
    return ["block": .array(blocks.map { BlockJSON.block($0, visible: parameters.visible, detail: true) })]
  }

  // MARK: Transactions

  private func find(_ parameters: APIParameters) -> (block: Block, entry: Block.Entry)? {
    guard let id = TransactionID(hex: parameters.string("value") ?? ""), let found = chain.find(id),
      found.block.number <= top.number
    else { return nil }
    return found
  }

  private func transaction(_ parameters: APIParameters) -> JSON {
    guard let found = find(parameters) else { return [:] }
    return TransactionJSON.transaction(found.entry.transaction, visible: parameters.visible, included: true)
  }

  private func transactionInfo(_ parameters: APIParameters) -> JSON {
    guard let found = find(parameters) else { return [:] }
    return BlockJSON.info(found.entry, in: found.block)
  }

  private func infos(_ parameters: APIParameters) throws(APIError) -> JSON {
    guard let number = parameters.int("num") else { throw .nullPointer }
    guard let block = visibleBlock(number) else { return [] }
    return .array(block.entries.map { BlockJSON.info($0, in: block) })
  }

  private func pending(_ parameters: APIParameters) -> JSON {
    guard let id = TransactionID(hex: parameters.string("value") ?? ""),
      let transaction = chain.pool.first(where: { $0.id == id })
    else { return [:] }
    return TransactionJSON.transaction(transaction, visible: parameters.visible, included: false)
  }

  // MARK: Delegations

  private func canDelegate(_ parameters: APIParameters) throws(APIError) -> JSON {
    guard let owner = try parameters.address("owner_address"), let account = state.accounts[owner],
      let resource = Resource(rawValue: parameters.int("type") ?? 0), resource != .tronPower
    else { return [:] }
    // java-tron keeps the bandwidth of the delegation itself back: 275 bytes without, 283 with a lock.
    let reserved: Int64 = resource == .bandwidth ? 275 : 0
    let size = state.lendable(resource, of: account, at: nowMs, reserved: reserved)
    return size < ChainParameters.sunPerTRX ? [:] : ["max_size": .int(size)]
  }

  private func delegatedResource(_ parameters: APIParameters) throws(APIError) -> JSON {
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

  private func delegationIndex(_ parameters: APIParameters) throws(APIError) -> JSON {
    guard let address = try parameters.address("value") else { return [:] }
    let visible = parameters.visible
    let pairs = state.delegations.keys.sorted { $0.from.hex + $0.to.hex < $1.from.hex + $1.to.hex }
    let lenders: [JSON] = pairs.filter { $0.to == address }.map { .string($0.from.text(visible: visible)) }
    let borrowers: [JSON] = pairs.filter { $0.from == address }.map { .string($0.to.text(visible: visible)) }
    guard !lenders.isEmpty || !borrowers.isEmpty else { return [:] }
    var object = JSONObject()
    object.set("account", .string(address.text(visible: visible)))
    object.set("fromAccounts", nonEmpty: lenders)
    object.set("toAccounts", nonEmpty: borrowers)
    return object.json
  }
}
