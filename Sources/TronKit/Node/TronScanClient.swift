import HTTPClient

/// TronScan's index: the fallback of TronGrid's.
public struct TronScanClient: Sendable {
  let transport: NodeTransport
  let usdtContract: TronAddress

  /// - Parameters:
  ///   - baseURL: such as `https://apilist.tronscanapi.com`.
  ///   - timeout: of each request, the wait for the budget not included.
  ///   - budget: nil for no limit. Clients that use one key are given one budget.
  ///   - budgetPatience: how long a request waits for the budget; nil for as long as `timeout`.
  public init(
    baseURL: String, http: HTTPClient, apiKey: String? = nil, usdtContract: TronAddress = USDT.mainnet,
    timeout: Duration = .seconds(5), budget: (any RequestBudget)? = nil,
    budgetPatience: Duration? = nil
  ) {
    var transport = NodeTransport(baseURL: baseURL, http: http, apiKey: apiKey, timeout: timeout, budget: budget)
    transport.budgetPatience = budgetPatience
    self.transport = transport
    self.usdtContract = usdtContract
  }

  private init(_ transport: NodeTransport, _ usdtContract: TronAddress) {
    self.transport = transport
    self.usdtContract = usdtContract
  }

  /// The same index, its reads being of this importance.
  public func with(priority: RequestPriority) -> TronScanClient {
    var changed = transport
    changed.priority = priority
    return TronScanClient(changed, usdtContract)
  }

  /// Nil without limits.
  public var budgetLevel: BudgetLevel? { transport.budget?.level }

  /// - Throws: `TronNodeError`.
  public func account(_ address: TronAddress) async throws -> ChainBalance {
    var transport = transport
    transport.bodyLimit = IndexAmount.bodyLimit
    let account: Account = try await transport.get("/api/accountv2?address=\(address.base58)")
    let reader = IndexAmount(name: transport.name)
    try reader.check(account.address, is: address)
    guard let activated = account.activated else {
      throw reader.malformed("does not say whether \(address) is activated")
    }
    // `amount` there is the value in TRX, not a quantity: only `balance` counts, and only of the right contract.
    let listed = (account.withPriceTokens ?? []).filter { $0.tokenId == usdtContract.base58 }
    let bandwidth = account.bandwidth
    // What remains is below zero where more was used than the stake yields since others staked more.
    func remaining(_ value: Int64?, _ name: StaticString) throws(TronNodeError) -> Int64 {
      try NodeNumber.resource(max(0, value ?? 0), name)
    }
    let energy = try remaining(bandwidth?.energyRemaining, "energyRemaining")
    let free = try remaining(bandwidth?.freeNetRemaining, "freeNetRemaining")
    let staked = try remaining(bandwidth?.netRemaining, "netRemaining")
    return ChainBalance(
      address: address, trx: try NodeNumber.sun(account.balance, "balance"),
      usdtMicro: try reader.token(listed.map { $0.balance?.text ?? "" }), energyAvailable: Energy(energy),
      energyLimit: Energy(try NodeNumber.resource(bandwidth?.energyLimit, "energyLimit")),
      bandwidthAvailable: free + staked, activated: activated, isContract: account.accountType == 2)
  }

  private struct Account: Decodable {
    struct Bandwidth: Decodable {
      var freeNetRemaining: Int64?
      var netRemaining: Int64?
      var energyRemaining: Int64?
      var energyLimit: Int64?
    }

    struct Token: Decodable {
      var tokenId: String?
      var balance: NumberOrText?
    }

    var address: String?
    var balance: Int64?
    var activated: Bool?
    /// 2 for a contract.
    var accountType: Int?
    var bandwidth: Bandwidth?
    var withPriceTokens: [Token]?
  }

  /// Token balances are texts for some tokens and numbers for others.
  private struct NumberOrText: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      do {
        text = try container.decode(String.self)
      } catch DecodingError.typeMismatch {
        text = String(try container.decode(Int64.self))
      }
    }
  }
}
