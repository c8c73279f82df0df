import HTTPClient
import TronKit

/// A node or gateway that may be asked, the preferred one first.
struct Endpoint {
  let url: String
  var key: String?
}

/// Nodes of one key share one budget: here each has a key of its own, with the limits of TronGrid.
func makePool(_ endpoints: [Endpoint]) -> TronNodePool {
  let http = HTTPClient()
  return TronNodePool(
    nodes: endpoints.map { endpoint in
      TronNodeClient(
        baseURL: endpoint.url, http: http, apiKey: endpoint.key,
        budget: endpoint.key == nil ? nil : LocalRequestBudget(RequestLimits(perSecond: 15, perDay: 100_000)))
    })
}

/// What a transaction is built on. Both from one node: two could be of different minds.
func ground(_ nodes: TronNodePool) async throws -> (block: BlockID, headTime: Int64) {
  try await nodes.read { node in
    let solid = try await node.solidHead()
    return (solid.id, try await node.head().timestamp)
  }
}

/// Why nothing can be lent to an address; nil when it can.
func obstacle(to receiver: TronAddress, _ nodes: TronNodePool) async throws -> String? {
  switch try await nodes.account(receiver) {
  case .present(let account): account.isContract ? "energy cannot be lent to a contract" : nil
  case .absent(let point): "\(receiver) is not activated as of block \(point.number)"
  case .unknown(let reason): "ask again later: \(reason)"
  }
}

/// Hands the bytes to one node after another until one has taken them.
/// - Parameter note: writes down that this node may have them. When it throws, no byte leaves.
func send(
  _ signed: SignedTransaction, _ nodes: TronNodePool, note: (String) async throws -> Void
) async throws -> [BroadcastOutcome] {
  var outcomes: [BroadcastOutcome] = []
  for node in await nodes.usableNodes() {
    try await note(node.name)
    outcomes.append(await node.broadcast(signed))
    if outcomes.last == .accepted { break }
  }
  return outcomes
}

/// What has become of a transaction.
enum Fate: Equatable {
  case inBlock(Int64, succeeded: Bool)
  /// It may be built anew.
  case never
  /// Send the same bytes again, or wait.
  case open
}

func fate(of signed: SignedTransaction, _ nodes: TronNodePool) async throws -> Fate {
  let expiration = try RawTransaction(decoding: signed.rawBytes).expiration
  let found = try await nodes.presence(proof: .solidAfter(expiration)) { node in
    try await node.transactionInfo(signed.id)
  }
  switch found {
  case .present(let receipt): return .inBlock(receipt.blockNumber, succeeded: receipt.succeeded)
  case .absent: return .never
  case .unknown: return .open
  }
}
