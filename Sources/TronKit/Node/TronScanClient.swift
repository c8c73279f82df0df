import HTTPClient

/// TronScan's index: the fallback of TronGrid's.
public struct TronScanClient: Sendable {
  let transport: NodeTransport
  let usdtContract: TronAddress

  /// - Parameter baseURL: such as `https://apilist.tronscanapi.com`.
  public init(
    baseURL: String, http: HTTPClient, apiKey: String? = nil, usdtContract: TronAddress = USDT.mainnet,
    timeout: Duration = .seconds(5)
  ) {
    transport = NodeTransport(baseURL: baseURL, http: http, apiKey: apiKey, timeout: timeout)
    self.usdtContract = usdtContract
  }

  /// - Throws: `TronNodeError`.
  public func account(_ address: TronAddress) async throws -> ChainBalance {
    let account: Account = try await transport.get("/api/accountv2?address=\(address.base58)")
    // `amount` there is the value in TRX, not a quantity: only `balance` counts, and only of the right contract.
    let usdt = account.withPriceTokens?.first { $0.tokenId == usdtContract.base58 }?.balance?.text ?? "0"
    guard let micro = Int64(usdt) else {
      throw TronNodeError(.malformed, "\(transport.name) gave the USDT balance \(usdt.prefix(40).debugDescription)")
    }
    let bandwidth = account.bandwidth
    return ChainBalance(
      address: address, trx: Sun(account.balance ?? 0), usdtMicro: micro,
      energyAvailable: Energy(max(0, bandwidth?.energyRemaining ?? 0)),
      energyLimit: Energy(bandwidth?.energyLimit ?? 0),
      bandwidthAvailable: max(0, bandwidth?.freeNetRemaining ?? 0) + max(0, bandwidth?.netRemaining ?? 0),
      activated: account.activated ?? false, isContract: account.accountType == 2)
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
