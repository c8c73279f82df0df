import HTTPClient

/// The HTTP API of one java-tron node, or of a gateway that speaks it. Every read throws `TronNodeError`, or
/// `CancellationError`.
///
/// `solid: true` asks for the state of the last solid block, which can no longer be reverted.
public struct TronNodeClient: Sendable {
  private let transport: NodeTransport

  /// - Parameter baseURL: what stands before `/wallet`, such as `https://nile.trongrid.io`.
  public init(baseURL: String, http: HTTPClient, apiKey: String? = nil, timeout: Duration = .seconds(5)) {
    transport = NodeTransport(baseURL: baseURL, http: http, apiKey: apiKey, timeout: timeout)
  }

  private init(_ transport: NodeTransport) { self.transport = transport }

  /// Host and port, for logs and metrics.
  public var name: String { transport.name }

  /// The same node, asked with another timeout.
  public func with(timeout: Duration) -> TronNodeClient {
    TronNodeClient(
      NodeTransport(
        baseURL: transport.baseURL, http: transport.http, apiKey: transport.apiKey, timeout: timeout))
  }

  // MARK: Accounts

  /// Nil where the address is not activated.
  public func account(_ address: TronAddress, solid: Bool = false) async throws -> ChainAccount? {
    let answer: AccountAnswer = try await post("getaccount", ["address": .address(address)], solid)
    return try interpreted { try answer.account() }
  }

  public func resources(_ address: TronAddress) async throws -> AccountResources {
    let answer: ResourcesAnswer = try await post("getaccountresource", ["address": .address(address)])
    return answer.resources
  }

  /// The most that the owner can lend at this moment, its unrecovered usage considered.
  public func canDelegateMaxSize(
    owner: TronAddress, resource: ResourceCode, solid: Bool = false
  ) async throws -> Sun {
    struct Answer: Decodable { var max_size: Int64? }
    let answer: Answer = try await post(
      "getcandelegatedmaxsize", ["owner_address": .address(owner), "type": .integer(Int64(resource.rawValue))], solid)
    return Sun(answer.max_size ?? 0)
  }

  public func delegatedResource(
    from owner: TronAddress, to receiver: TronAddress, solid: Bool = false
  ) async throws -> DelegatedResource {
    let answer: DelegatedResourceAnswer = try await post(
      "getdelegatedresourcev2", ["fromAddress": .address(owner), "toAddress": .address(receiver)], solid)
    return try interpreted { try answer.resource() }
  }

  /// Whom an account lends to.
  public func delegationReceivers(of owner: TronAddress, solid: Bool = false) async throws -> [TronAddress] {
    struct Answer: Decodable { var toAccounts: [TronAddress]? }
    let answer: Answer = try await post("getdelegatedresourceaccountindexv2", ["value": .address(owner)], solid)
    return answer.toAccounts ?? []
  }

  // MARK: Blocks

  public func nowBlock() async throws -> ChainBlock { try await present(post("getnowblock", [:]), "a head block") }

  /// The last solid block.
  public func solidBlock() async throws -> ChainBlock {
    try await present(post("getnowblock", [:], true), "a solid block")
  }

  /// The head without its transactions: the cheap way to a reference block and the chain's time.
  public func head() async throws -> ChainBlock {
    try await present(post("getblock", ["detail": .bool(false)]), "a head block")
  }

  /// The last solid block without its transactions.
  public func solidHead() async throws -> ChainBlock {
    try await present(post("getblock", ["detail": .bool(false)], true), "a solid block")
  }

  /// - Throws: `notFound` where the node does not have the block yet.
  public func block(number: Int64, solid: Bool = false) async throws -> ChainBlock {
    try await present(post("getblockbynum", ["num": .integer(number)], solid), "block \(number)")
  }

  /// Blocks `from ..< to`, at most 100, those that exist.
  public func blocks(from: Int64, to: Int64) async throws -> [ChainBlock] {
    let answer: BlockListAnswer = try await post(
      "getblockbylimitnext", ["startNum": .integer(from), "endNum": .integer(to)])
    return try interpreted { try (answer.block ?? []).compactMap { try $0.block() } }
  }

  private func present(_ answer: BlockAnswer, _ what: String) throws -> ChainBlock {
    guard let block = try interpreted({ try answer.block() }) else {
      throw TronNodeError(.notFound, "\(name) does not have \(what)")
    }
    return block
  }

  // MARK: Transactions

  /// Nil until the transaction is in a block, or in a solid one.
  public func transaction(_ id: TransactionID, solid: Bool = false) async throws -> ChainTransaction? {
    let answer: TransactionAnswer = try await post("gettransactionbyid", ["value": .text(id.hex)], solid)
    return try interpreted { try answer.transaction() }
  }

  public func solidTransaction(_ id: TransactionID) async throws -> ChainTransaction? {
    try await transaction(id, solid: true)
  }

  /// Nil until the transaction is in a block, or in a solid one.
  public func transactionInfo(_ id: TransactionID, solid: Bool = false) async throws -> TransactionInfo? {
    let answer: TransactionInfoAnswer = try await post("gettransactioninfobyid", ["value": .text(id.hex)], solid)
    return try interpreted { try answer.info() }
  }

  public func solidTransactionInfo(_ id: TransactionID) async throws -> TransactionInfo? {
    try await transactionInfo(id, solid: true)
  }

  /// The receipts of a block, in its order.
  public func transactionInfos(inBlock number: Int64, solid: Bool = false) async throws -> [TransactionInfo] {
    let answer: ListOrEmpty<TransactionInfoAnswer> = try await post(
      "gettransactioninfobyblocknum", ["num": .integer(number)], solid)
    return try interpreted { try answer.items.compactMap { try $0.info() } }
  }

  /// Sends the bytes as they are, once. Sending the same bytes again, to any node, cannot take effect twice.
  public func broadcast(_ signed: SignedTransaction) async -> BroadcastOutcome {
    do {
      let answer: BroadcastAnswer = try await transport.post(
        "/wallet/broadcasthex", ["transaction": Hex.encode(signed.encoded())])
      return answer.outcome
    } catch let error as TronNodeError {
      return .unknown(reason: error.description)
    } catch {
      return .unknown(reason: "the sending was interrupted")
    }
  }

  /// The chain's parameters by name, such as `getEnergyFee`; those that are 0 included.
  public func chainParameters() async throws -> [String: Int64] {
    struct Answer: Decodable {
      struct Parameter: Decodable {
        var key: String
        var value: Int64?
      }
      var chainParameter: [Parameter]
    }
    let answer: Answer = try await post("getchainparameters", [:])
    return Dictionary(answer.chainParameter.map { ($0.key, $0.value ?? 0) }, uniquingKeysWith: { $1 })
  }

  /// What is JSON of the right shape can still hold a wrong address, id or amount.
  private func interpreted<Value>(_ interpret: () throws -> Value) throws -> Value {
    do {
      return try interpret()
    } catch let error as TronNodeError {
      throw error
    } catch {
      throw TronNodeError(.malformed, "\(name) answered with something that cannot be: \(error)")
    }
  }

  private func post<Answer: Decodable>(
    _ call: String, _ parameters: [String: NodeParameter], _ solid: Bool = false
  ) async throws -> Answer {
    var body = parameters
    body["visible"] = .bool(true)
    return try await transport.post("\(solid ? "/walletsolidity" : "/wallet")/\(call)", body)
  }
}

/// A value in a request to a node.
enum NodeParameter: Encodable {
  case address(TronAddress)
  case text(String)
  case integer(Int64)
  case bool(Bool)

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .address(let address): try container.encode(address)
    case .text(let text): try container.encode(text)
    case .integer(let integer): try container.encode(integer)
    case .bool(let bool): try container.encode(bool)
    }
  }
}

/// An array, or the `{}` that nodes answer when there is nothing.
struct ListOrEmpty<Item: Decodable>: Decodable {
  let items: [Item]

  private struct AnyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  init(from decoder: any Decoder) throws {
    do {
      items = try decoder.singleValueContainer().decode([Item].self)
    } catch let error as DecodingError {
      guard case .typeMismatch = error, try decoder.container(keyedBy: AnyKey.self).allKeys.isEmpty else { throw error }
      items = []
    }
  }
}
