/// Whether something is on chain. "Not found" proves something only when the node that says so has come far enough.
public enum Presence<Value: Sendable>: Sendable {
  case present(Value)
  /// In the node's state up to this block it is not there.
  case absent(asOf: ChainPoint)
  /// Some node may have it: ask again later.
  case unknown(reason: String)
}

extension Presence: Equatable where Value: Equatable {}

/// How far a node must have come for its "not found" to count.
public enum PresenceProof: Hashable, Sendable {
  /// The node's head is within 30 s of the latest that the pool believes.
  case currentHead
  /// The node's last solid block is later than this, in milliseconds of chain time.
  case solidAfter(Int64)
}

extension TronNodePool {
  /// How many nodes are asked before "absent" is believed, where there are so many: gateways with several servers
  /// behind them may tell the head of one and search in another. Two keys of one gateway are one witness.
  public static let absenceWitnesses = 2

  /// In milliseconds of chain time: nobody waits for a node whose solid head is further behind that of an absence's
  /// witness. A solid head is about 57 s behind its chain's head, so one that is twice as far behind another stands
  /// still, or has days to catch up with: it would leave every absence open.
  public static let solidLagMax: Int64 = 120_000

  /// Asks for what may not be there. The first node that has it decides; "absent" takes every witness that can be
  /// reached, each with its head read *before* it is asked. Of `solidAfter` one absence is not enough while another
  /// node answers that is not that far, unless it is over `solidLagMax` behind the one.
  /// - Parameter find: nil where the node does not have it.
  /// - Throws: `TronNodeError` when no node answers, or `CancellationError`.
  public func presence<Value: Sendable>(
    proof: PresenceProof, _ priority: RequestPriority = .confirmation,
    _ find: @escaping @Sendable (TronNodeClient) async throws -> Value?
  ) async throws -> Presence<Value> {
    var absences: [String: ChainPoint] = [:]
    var behind: [(name: String, point: ChainPoint)] = []
    var failure: TronNodeError?
    for place in await usablePlaces() where absences.count < Self.absenceWitnesses {
      let node = nodes[place]
      guard absences[node.name] == nil else { continue }
      do {
        switch try await testimony(of: node.with(priority: priority), proof, find) {
        case .has(let value): return .present(value)
        case .lacks(let point): absences[node.name] = point
        case .isBehind(let point): behind.append((node.name, point))
        }
      } catch let error as TronNodeError {
        failure = error
        note(error, of: place)
      }
    }
    if let earliest = absences.values.min(by: { $0.timestamp < $1.timestamp }) {
      // Whoever is not that far yet will be soon: until then one word is not enough. Nobody is late by a time that the
      // pool does not believe.
      let reached = min(earliest.timestamp, latestHead ?? earliest.timestamp)
      let coming = behind.last { reached - $0.point.timestamp <= Self.solidLagMax }
      if case .solidAfter = proof, absences.count < Self.absenceWitnesses, let coming {
        return .unknown(reason: Self.behind(coming.name, coming.point))
      }
      return .absent(asOf: earliest)
    }
    if let failure { throw failure }
    return .unknown(reason: behind.last.map { Self.behind($0.name, $0.point) } ?? "no node has come far enough")
  }

  private static func behind(_ name: String, _ point: ChainPoint) -> String {
    "\(name) is only at block \(point.number)"
  }

  /// An account, or that the address is not activated. The usual answer costs one call; only when there is none are
  /// heads compared and more nodes asked.
  /// - Throws: `TronNodeError` when no node answers, or `CancellationError`.
  public func account(
    _ address: TronAddress, _ priority: RequestPriority = .confirmation
  ) async throws -> Presence<ChainAccount> {
    if let account = try await read(priority, { try await $0.account(address) }) { return .present(account) }
    return try await presence(proof: .currentHead, priority) { try await $0.account(address) }
  }

  private func testimony<Value: Sendable>(
    of node: TronNodeClient, _ proof: PresenceProof,
    _ find: @escaping @Sendable (TronNodeClient) async throws -> Value?
  ) async throws -> Testimony<Value> {
    let point: ChainPoint
    let reaches: Bool
    switch proof {
    case .currentHead:
      point = try await node.head().point
      reaches = latestHead.map { point.timestamp >= $0 - Self.headLagMax } ?? true
    case .solidAfter(let time):
      point = try await node.solidHead().point
      reaches = point.timestamp > time
    }
    if let value = try await find(node) { return .has(value) }
    return reaches ? .lacks(asOf: point) : .isBehind(point)
  }
}

/// What one node says of something that may not be there.
private enum Testimony<Value: Sendable>: Sendable {
  case has(Value)
  case lacks(asOf: ChainPoint)
  /// It does not have it, and is only here.
  case isBehind(ChainPoint)
}
