import HTTPClient

/// TronGrid's v1 index. Lags the chain by seconds.
public struct TronGridClient: Sendable {
  let transport: NodeTransport
  private let node: TronNodeClient
  let usdtContract: TronAddress

  /// - Parameters:
  ///   - baseURL: serves both `/v1` and `/wallet`, such as `https://api.trongrid.io`.
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
    node = TronNodeClient(baseURL: baseURL, http: http, apiKey: apiKey, timeout: timeout, budget: budget)
      .with(budgetPatience: budgetPatience)
    self.usdtContract = usdtContract
  }

  private init(_ transport: NodeTransport, _ node: TronNodeClient, _ usdtContract: TronAddress) {
    self.transport = transport
    self.node = node
    self.usdtContract = usdtContract
  }

  /// The same index, its reads being of this importance.
  public func with(priority: RequestPriority) -> TronGridClient {
    var changed = transport
    changed.priority = priority
    return TronGridClient(changed, node.with(priority: priority), usdtContract)
  }

  /// Nil without limits.
  public var budgetLevel: BudgetLevel? { transport.budget?.level }

  /// Balances come from the index, energy and bandwidth from the node behind it, both asked at once: two requests. The
  /// node also says whether the address is activated, and where the index says something else neither is believed: an
  /// index that has lost an account would call a full wallet empty.
  /// - Throws: `TronNodeError`.
  public func account(_ address: TronAddress) async throws -> ChainBalance {
    var transport = try await transport.reserve(2)
    async let resources = node.withoutBudget.resources(address)
    transport.bodyLimit = IndexAmount.bodyLimit
    let envelope: Envelope = try await transport.get("/v1/accounts/\(address.base58)")
    guard envelope.success ?? false, let rows = envelope.data else {
      throw TronNodeError(.refused, "\(transport.name) answered without success")
    }
    let reader = IndexAmount(name: transport.name)
    guard rows.count <= 1 else { throw reader.malformed("has \(rows.count) accounts for \(address)") }
    let row = rows.first
    if let row { try reader.check(row.address, is: address) }
    let tokens = (row?.trc20 ?? []).flatMap { $0 }
    let micro = try reader.token(tokens.filter { $0.key == usdtContract.base58 }.map(\.value))
    let trx = try NodeNumber.sun(row?.balance, "balance")
    let available = try await resources
    // A node leaves out all figures of an address that it does not know, and has a free allowance for any other.
    let isActivated = available != AccountResources()
    // An address that is not activated may have tokens, and is listed because of them.
    guard isActivated ? row != nil : trx == .zero && row?.create_time == nil else {
      throw reader.malformed(
        "has \(row == nil ? "no account" : "an account") for \(address), and the node behind it the opposite")
    }
    return ChainBalance(
      address: address, trx: trx, usdtMicro: micro, energyAvailable: available.energyAvailable,
      energyLimit: available.energyLimit,
      bandwidthAvailable: available.bandwidthAvailable + available.freeBandwidthAvailable, activated: isActivated,
      isContract: row?.type == "Contract")
  }

  private struct Envelope: Decodable {
    struct Account: Decodable {
      var address: String?
      var balance: Int64?
      var create_time: Int64?
      var type: String?
      var trc20: [[String: String]]?
    }

    var success: Bool?
    var data: [Account]?
  }
}
