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
    "validateaddress", "getnodeinfo", "getcontract", "getcontractinfo", "triggersmartcontract",
  ]

  var state: ChainState { scope == .head ? chain.state : chain.solidState }
  private var top: Block { scope == .head ? chain.head : chain.solid }
  var nowMs: Int64 { top.timestampMs }

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
    case "getenergyprices": return prices(state.parameters.energyPrices)
    case "getbandwidthprices": return prices(state.parameters.bandwidthPrices)
    case "getcandelegatedmaxsize": return try canDelegate(parameters)
    case "getdelegatedresourcev2": return try delegatedResource(parameters)
    case "getdelegatedresourceaccountindexv2": return try delegationIndex(parameters)
    case "getavailableunfreezecount": return try unfreezeCount(parameters)
    case "getcanwithdrawunfreezeamount": return try withdrawable(parameters)
    case "getnodeinfo": return nodeInfo
    case "validateaddress": return validate(parameters.string("address") ?? "")
    default:
      if let json = try ContractAPI(chain: chain, state: state, top: top).answer(method, parameters) { return json }
      guard scope == .head else { return nil }
      return try BuilderAPI(chain: chain).answer(method, parameters)
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

  private func prices(_ prices: [ChainParameters.Price]) -> JSON {
    ["prices": .string(prices.map { "\($0.sinceMs):\($0.sun)" }.joined(separator: ","))]
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
    return TransactionJSON.included(found.entry, visible: parameters.visible)
  }

  private func transactionInfo(_ parameters: APIParameters) -> JSON {
    guard let found = find(parameters) else { return [:] }
    return TransactionInfoJSON.info(found.entry, in: found.block, visible: parameters.visible)
  }

  private func infos(_ parameters: APIParameters) throws(APIError) -> JSON {
    guard let number = parameters.int("num") else { throw .nullPointer }
    guard let block = visibleBlock(number) else { return [] }
    return .array(block.entries.map { TransactionInfoJSON.info($0, in: block, visible: parameters.visible) })
  }

  private func pending(_ parameters: APIParameters) -> JSON {
    guard let id = TransactionID(hex: parameters.string("value") ?? ""),
      let transaction = chain.pool.first(where: { $0.id == id })
    else { return [:] }
    return TransactionJSON.transaction(transaction, visible: parameters.visible)
  }
}
