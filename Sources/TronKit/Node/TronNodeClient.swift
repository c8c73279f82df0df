import HTTPClient

/// The HTTP API of one java-tron node, or of a gateway that speaks it. Every read throws `TronNodeError`, or
/// `CancellationError`.
///
/// `solid: true` asks for the state of the last solid block, which can no longer be reverted.
public struct TronNodeClient: Sendable {
  let transport: NodeTransport

  static let broadcastPath = "/wallet/broadcasthex"

  /// - Parameters:
  ///   - baseURL: what stands before `/wallet`, such as `https://nile.trongrid.io`.
  ///   - timeout: of each request, the wait for the budget not included.
  ///   - budget: nil for no limit. Clients that use one key are given one budget.
  public init(
    baseURL: String, http: HTTPClient, apiKey: String? = nil, timeout: Duration = .seconds(5),
    budget: (any RequestBudget)? = nil
  ) {
    transport = NodeTransport(baseURL: baseURL, http: http, apiKey: apiKey, timeout: timeout, budget: budget)
  }

  private init(_ transport: NodeTransport) { self.transport = transport }

  /// Host and port, for logs and metrics.
  public var name: String { transport.name }

  /// The same node, asked with another timeout.
  public func with(timeout: Duration) -> TronNodeClient {
    changed { $0.timeout = timeout }
  }

  /// The same node, its reads being of this importance. Broadcasts always come first.
  public func with(priority: RequestPriority) -> TronNodeClient {
    changed { $0.priority = priority }
  }

  func with(budgetPatience: Duration?) -> TronNodeClient {
    changed { $0.budgetPatience = budgetPatience }
  }

  /// For requests that were taken from the budget before.
  var withoutBudget: TronNodeClient { changed { $0.budget = nil } }

  func with(observer: NodeObserver) -> TronNodeClient {
    changed { $0.observer = observer }
  }

  private func changed(_ change: (inout NodeTransport) -> Void) -> TronNodeClient {
    var transport = transport
    change(&transport)
    return TronNodeClient(transport)
  }

  /// Nil without limits.
  public var budgetLevel: BudgetLevel? { transport.budget?.level }

  var isOutOfBudget: Bool {
    budgetLevel.map { $0.requests == 0 || $0.day == 0 } ?? false
  }

  // MARK: Accounts

  /// Nil where the address is not activated.
  public func account(_ address: TronAddress, solid: Bool = false) async throws -> ChainAccount? {
    let answer: AccountAnswer = try await post("getaccount", ["address": .address(address)], solid)
    return try interpreted { try answer.account() }
  }

  public func resources(_ address: TronAddress) async throws -> AccountResources {
    let answer: ResourcesAnswer = try await post("getaccountresource", ["address": .address(address)])
    return try answer.resources()
  }

  /// The most that the owner can lend at this moment, its unrecovered usage considered.
  public func canDelegateMaxSize(
    owner: TronAddress, resource: ResourceCode, solid: Bool = false
  ) async throws -> Sun {
    struct Answer: Decodable { var max_size: Int64? }
    let answer: Answer = try await post(
      "getcandelegatedmaxsize", ["owner_address": .address(owner), "type": .integer(Int64(resource.rawValue))], solid)
    return try NodeNumber.sun(answer.max_size, "max_size")
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

  public func nowBlock() async throws -> ChainBlock {
    try await head("getnowblock", [:], isFull: true)
  }

  /// The head without its transactions: the cheap way to a reference block and the chain's time.
  public func head() async throws -> ChainBlock {
    try await head("getblock", ["detail": .bool(false)], isFull: false)
  }

  /// The last solid block without its transactions.
  public func solidHead() async throws -> ChainBlock {
    try await present(block("getblock", ["detail": .bool(false)], true, isFull: false), "a solid block")
  }

  /// - Throws: `notFound` where the node does not have the block yet.
  public func block(number: Int64, solid: Bool = false) async throws -> ChainBlock {
    let found = try await present(
      block("getblockbynum", ["num": .integer(number)], solid, isFull: true), "block \(number)")
    guard found.number == number else {
      throw TronNodeError(.malformed, "\(name) answered with block \(found.number) instead of \(number)")
    }
    return found
  }

  /// Blocks `from ..< to`, at most 100, those that exist.
  public func blocks(from: Int64, to: Int64) async throws -> [ChainBlock] {
    try await transport.post(
      "/wallet/getblockbylimitnext", visible(["startNum": .integer(from), "endNum": .integer(to)]), BlockReader.list)
  }

  private func head(_ call: String, _ parameters: [String: NodeParameter], isFull: Bool) async throws -> ChainBlock {
    let head = try await present(block(call, parameters, false, isFull: isFull), "a head block")
    transport.observer?.saw(head.point, true)
    return head
  }

  private func block(
    _ call: String, _ parameters: [String: NodeParameter], _ solid: Bool, isFull: Bool
  ) async throws -> ChainBlock? {
    let content = try await transport.post(path(call, solid), visible(parameters)) { text in
      let content = try BlockReader.read(text, isFull: isFull)
      if case .error = content { return BlockReader.Content?.none }
      return content
    }
    guard case .block(let block) = content else { return nil }
    transport.observer?.saw(block.point, false)
    return block
  }

  private func present(_ block: ChainBlock?, _ what: String) throws -> ChainBlock {
    guard let block else { throw TronNodeError(.notFound, "\(name) does not have \(what)") }
    return block
  }

  // MARK: Transactions

  /// Nil until the transaction is in a block, or in a solid one.
  public func transaction(_ id: TransactionID, solid: Bool = false) async throws -> ChainTransaction? {
    let answer: TransactionAnswer = try await post("gettransactionbyid", ["value": .text(id.hex)], solid)
    return try interpreted { try answer.transaction() }
  }

  /// Nil until the transaction is in a block, or in a solid one.
  public func transactionInfo(_ id: TransactionID, solid: Bool = false) async throws -> TransactionInfo? {
    let answer: TransactionInfoAnswer = try await post("gettransactioninfobyid", ["value": .text(id.hex)], solid)
    return try interpreted { try answer.info() }
  }

  /// The receipts of a block, in its order.
  public func transactionInfos(inBlock number: Int64, solid: Bool = false) async throws -> [TransactionInfo] {
    let answer: ListOrEmpty<TransactionInfoAnswer> = try await post(
      "gettransactioninfobyblocknum", ["num": .integer(number)], solid)
    return try interpreted { try answer.items.compactMap { try $0.info() } }
  }

  /// Sends the bytes as they are, once. Sending the same bytes again, to any node, cannot take effect twice.
  /// - Parameter timeout: nil for the client's own.
  public func broadcast(_ signed: SignedTransaction, timeout: Duration? = nil) async -> BroadcastOutcome {
    var transport = transport
    transport.priority = .broadcast
    if let timeout { transport.timeout = timeout }
    do {
      let answer: BroadcastAnswer = try await transport.post(
        Self.broadcastPath, ["transaction": Hex.encode(signed.encoded())])
      return answer.outcome
    } catch let error as TronNodeError {
      return .unknown(reason: error.description)
    } catch {
      return .unknown(reason: "the sending was interrupted")
    }
  }

  /// The chain's parameters by name, such as `getEnergyFee`; those that are 0 included.
  /// - Throws: also `malformed` for a fee that cannot be. What the other parameters may be is not known here.
  public func chainParameters() async throws -> [String: Int64] {
    struct Answer: Decodable {
      struct Parameter: Decodable {
        var key: String
        var value: Int64?
      }
      var chainParameter: [Parameter]
    }
    let answer: Answer = try await post("getchainparameters", [:])
    for parameter in answer.chainParameter where parameter.key.hasSuffix("Fee") {
      _ = try NodeNumber.resource(parameter.value, "a fee of")
    }
    return Dictionary(answer.chainParameter.map { ($0.key, $0.value ?? 0) }, uniquingKeysWith: { $1 })
  }

  /// What is JSON of the right shape can still hold a wrong address, id or amount.
  func interpreted<Value>(_ interpret: () throws -> Value) throws -> Value {
    do {
      return try interpret()
    } catch let error as TronNodeError {
      throw error
    } catch {
      throw TronNodeError(.malformed, "\(name) answered with something that cannot be: \(error)")
    }
  }

  func post<Answer: Decodable>(
    _ call: String, _ parameters: [String: NodeParameter], _ solid: Bool = false
  ) async throws -> Answer {
    try await transport.post(path(call, solid), visible(parameters))
  }

  func path(_ call: String, _ solid: Bool) -> String {
    "\(solid ? "/walletsolidity" : "/wallet")/\(call)"
  }

  /// Addresses as base58 and texts as UTF-8, both ways.
  func visible(_ parameters: [String: NodeParameter]) -> [String: NodeParameter] {
    parameters.merging(["visible": .bool(true)]) { $1 }
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
