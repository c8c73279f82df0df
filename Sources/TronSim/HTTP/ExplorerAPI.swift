/// The two balance APIs outside the node: TronGrid's v1 and TronScan's accountv2.
struct ExplorerAPI {
  let chain: Chain

  private var nowMs: Int64 { chain.head.timestampMs }

  /// `GET /v1/accounts/{address}` and what lies below it; `nil` for what does not exist.
  func tronGrid(_ path: String, _ parameters: APIParameters) -> APIReply? {
    let parts = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2 else { return tronGridAccount(path) }
    guard let address = Address(text: parts[0]) else { return Self.badAddress }
    let history = AccountHistoryAPI(
      chain: chain, address: address, parameters: parameters, path: "/v1/accounts/" + path)
    switch parts[1] {
    case "transactions": return history.transactions()
    case "transactions/trc20": return history.tokens()
    default: return nil
    }
  }

  private static let badAddress = APIReply(
    ["success": false, "error": "A valid account address is required.", "statusCode": 400], status: 400)

  /// `GET /v1/accounts/{address}`: an account without activation and without tokens has no data.
  func tronGridAccount(_ text: String) -> APIReply {
    guard let address = Address(text: text) else { return Self.badAddress }
    var data: [JSON] = []
    let usdt = chain.state.usdt[address] ?? 0
    if chain.state.accounts[address] != nil || usdt > 0 {
      var members: [(key: String, value: JSON)] = [("address", .string(address.hex))]
      if let account = chain.state.accounts[address],
        case .object(let printed) = AccountJSON.account(account, nowMs: nowMs, visible: true)
      {
        members += printed.filter { $0.key != "address" }
      }
      if usdt > 0 {
        let contract = chain.state.usdtContract.base58
        members.append(("trc20", [.object([(key: contract, value: .string(String(usdt)))])]))
      }
      data = [.object(members)]
    }
    let meta: JSON = ["at": .int(nowMs), "page_size": .int(Int64(data.count))]
    return APIReply(["success": true, "data": .array(data), "meta": meta])
  }

  /// `GET /api/accountv2?address=`
  func tronScanAccount(_ text: String) -> APIReply {
    guard let address = Address(text: text) else { return APIReply(["message": "Invalid address"], status: 400) }
    let state = chain.state
    let account = state.accounts[address]
    let usdt = state.usdt[address] ?? 0
    var object = JSONObject()
    object.set("address", .string(address.base58))
    object.set("balance", .int(account?.balance ?? 0))
    object.set("activated", .bool(account != nil))
    object.set("accountType", .int(account?.isContract == true ? 2 : 0))
    object.set("date_created", .int(account?.createdAtMs ?? 0))
    object.set("totalFrozenV2", .int((account?.energy.frozen ?? 0) + (account?.bandwidth.frozen ?? 0)))
    object.set("bandwidth", bandwidth(account, in: state))
    var tokens = [token("_", "trx", "trx", balance: account?.balance ?? 0, inTRX: 1)]
    if usdt > 0 { tokens.append(token(state.usdtContract.base58, "USDT", "Tether USD", balance: usdt, inTRX: 3)) }
    object.set("withPriceTokens", .array(tokens))
    return APIReply(object.json)
  }

  private func bandwidth(_ account: Account?, in state: ChainState) -> JSON {
    let energy = account.map { state.resources(.energy, of: $0, at: nowMs) } ?? (limit: 0, used: 0)
    let net = account.map { state.resources(.bandwidth, of: $0, at: nowMs) } ?? (limit: 0, used: 0)
    let free = account == nil ? 0 : state.parameters.freeNetLimit
    let freeUsed = account?.freeBandwidth.current(at: nowMs) ?? 0
    return [
      "energyRemaining": .int(energy.limit - energy.used), "energyLimit": .int(energy.limit),
      "energyUsed": .int(energy.used), "netRemaining": .int(net.limit - net.used), "netLimit": .int(net.limit),
      "netUsed": .int(net.used), "freeNetRemaining": .int(free - freeUsed), "freeNetLimit": .int(free),
      "freeNetUsed": .int(freeUsed), "totalEnergyLimit": .int(state.parameters.totalEnergyLimit),
      "totalEnergyWeight": .int(state.parameters.totalEnergyWeight),
    ]
  }

  /// `amount` is the value priced in TRX, as on TronScan: whoever reads it as a quantity is wrong.
  private func token(_ id: String, _ abbreviation: String, _ name: String, balance: Int64, inTRX: Double) -> JSON {
    [
      "tokenId": .string(id), "tokenAbbr": .string(abbreviation), "tokenName": .string(name),
      "balance": .string(String(balance)), "tokenDecimal": 6, "amount": .double(Double(balance) / 1e6 * inTRX),
      "tokenPriceInTrx": .double(inTRX),
    ]
  }
}
