import HTTPClient

/// TronGrid's v1 index. Lags the chain by seconds.
public struct TronGridClient: Sendable {
  let transport: NodeTransport
  private let node: TronNodeClient
  let usdtContract: TronAddress

  /// - Parameter baseURL: serves both `/v1` and `/wallet`, such as `https://api.trongrid.io`.
  public init(
    baseURL: String, http: HTTPClient, apiKey: String? = nil, usdtContract: TronAddress = USDT.mainnet,
    timeout: Duration = .seconds(5)
  ) {
    transport = NodeTransport(baseURL: baseURL, http: http, apiKey: apiKey, timeout: timeout)
    node = TronNodeClient(baseURL: baseURL, http: http, apiKey: apiKey, timeout: timeout)
    self.usdtContract = usdtContract
  }

  /// Balances come from the index, energy and bandwidth from the node behind it, both asked at once.
  /// - Throws: `TronNodeError`.
  public func account(_ address: TronAddress) async throws -> ChainBalance {
    async let resources = node.resources(address)
    let envelope: Envelope = try await transport.get("/v1/accounts/\(address.base58)")
    guard envelope.success ?? false else {
      throw TronNodeError(.refused, "\(transport.name) answered without success")
    }
    let account = envelope.data?.first
    let balances = (account?.trc20 ?? []).reduce(into: [:]) { $0.merge($1, uniquingKeysWith: { $1 }) }
    let usdt = balances[usdtContract.base58] ?? "0"
    guard let micro = Int64(usdt) else {
      throw TronNodeError(.malformed, "\(transport.name) gave the USDT balance \(usdt.prefix(40).debugDescription)")
    }
    let available = try await resources
    return ChainBalance(
      address: address, trx: Sun(account?.balance ?? 0), usdtMicro: micro, energyAvailable: available.energyAvailable,
      energyLimit: available.energyLimit,
      bandwidthAvailable: available.bandwidthAvailable + available.freeBandwidthAvailable,
      activated: account?.address != nil, isContract: account?.type == "Contract")
  }

  private struct Envelope: Decodable {
    struct Account: Decodable {
      var address: String?
      var balance: Int64?
      var type: String?
      var trc20: [[String: String]]?
    }

    var success: Bool?
    var data: [Account]?
  }
}
