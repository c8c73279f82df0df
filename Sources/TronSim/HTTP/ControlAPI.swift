/// `/sim/…`: what a test or a demonstration does to the chain from outside it. Every node answers it.
struct ControlAPI {
  static let blocksMaximum: Int64 = 10_000
  /// A year of blocks of 3 s.
  static let intervalsMaximum: Int64 = 10_512_000

  let node: Node

  /// `nil` for a route that does not exist.
  func answer(_ request: APIRequest) throws -> APIReply? {
    let path = String(request.path.dropFirst("/sim/".count))
    let parameters = try request.parameters()
    switch request.method {
    case "GET": return try show(path, parameters)
    case "POST": return try change(path, parameters)
    default: return nil
    }
  }

  private func show(_ path: String, _ parameters: APIParameters) throws -> APIReply? {
    switch path {
    case "status": return APIReply(status)
    case "delegations": return APIReply(try TruthAPI(node: node).delegations(parameters))
    case "ledger": return APIReply(try TruthAPI(node: node).ledger(parameters))
    case "transactions": return APIReply(try TruthAPI(node: node).transactions(parameters))
    case "faults": return APIReply(node.withNetwork { $0.faults.json })
    case "faults/fired": return APIReply(node.withNetwork { $0.faults.firedJSON })
    default:
      guard path.hasPrefix("accounts/") else { return nil }
      return try account(String(path.dropFirst("accounts/".count)))
    }
  }

  private func change(_ path: String, _ parameters: APIParameters) throws -> APIReply? {
    switch path {
    case "accounts": return try adjust(parameters)
    case "energy/use": return try perform("use_energy", parameters)
    case "parameters": return try perform("set_parameter", parameters)
    case "clock/offset": return try perform("clock_offset", parameters)
    case "clock/advance": return try advance(parameters)
    case "blocks/revert": return try perform("revert", parameters)
    case "blocks/produce": return try produce(parameters)
    case "blocks/pause":
      let paused = parameters.string("paused") != "false"
      node.withNetwork { $0.isPaused = paused }
      return APIReply(["paused": .bool(paused)])
    case "pool/clear":
      node.withNetwork { $0.clearPool() }
      return APIReply.empty
    case "faults":
      let fault = try Fault(parameters, nodes: node.options.nodes)
      return APIReply(
        try node.withNetwork { network in
          try network.faults.set(fault)
          return network.faults.json
        })
    case "faults/clear":
      node.withNetwork { $0.faults.clear() }
      return APIReply([])
    default: return try NetworkAPI(node: node).change(path, parameters)
    }
  }

  private var status: JSON {
    let uptime = node.uptime
    let urls = node.urls
    return node.withNetwork { network in
      let chain = network.store.chain
      let nodes: [JSON] = network.views.enumerated().map { index, view in
        [
          "node": .int(Int64(index + 1)), "url": .string(urls[index]), "lag": .int(view.lag),
          "on_fork": .bool(view.isOnFork),
        ]
      }
      return [
        "head": .int(chain.head.number), "head_timestamp": .int(chain.head.timestampMs),
        "solid": .int(chain.solidNumber), "solid_after": .int(chain.solidAfter),
        "interval": .int(node.options.blockIntervalMs), "uptime": .int(uptime.components.seconds),
        "accounts": .int(Int64(chain.state.accounts.count)), "pool": .int(Int64(chain.pool.count)),
        "paused": .bool(network.isPaused), "clock_offset_ms": .int(chain.clockOffsetMs),
        "gossip_ms": .int(network.gossipMs), "stalled_intervals": .int(network.stalledIntervals),
        "empty_blocks": .int(network.emptyBlocks), "forked": .bool(network.fork != nil), "nodes": .array(nodes),
      ]
    }
  }

  private func perform(_ action: String, _ parameters: APIParameters) throws -> APIReply {
    var members: [(key: String, value: JSON)] = [("action", .string(action))]
    if case .object(let given) = parameters.object { members += given.filter { $0.key != "action" } }
    let parsed = JSON.object(members)
    return try Self.refusing {
      let action = try SimAction(json: parsed)
      return try node.withNetwork { network in
        if case .revert = action, network.fork != nil {
          throw SimAction.Refused(reason: "there is a fork; end it with POST /sim/forks/resolve")
        }
        return APIReply(try network.store.perform(action))
      }
    }
  }

  /// What the chain refuses is the caller's mistake.
  static func refusing<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let refused as SimAction.Refused {
      throw APIError.control(status: 400, refused.reason)
    }
  }

  private func adjust(_ parameters: APIParameters) throws -> APIReply {
    _ = try perform("adjust", parameters)
    return try account(parameters.string("address") ?? "")
  }

  private func account(_ text: String) throws -> APIReply {
    guard let address = Address(text: text) else {
      throw APIError.control(status: 400, "'\(text.prefix(64))' is no TRON address; give base58 (T…) or hex (41…)")
    }
    return node.read { chain in
      let state = chain.state
      let now = chain.head.timestampMs
      guard let account = state.accounts[address] else {
        return APIReply([
          "address": .string(address.base58), "activated": false, "usdt": .int(state.usdt[address] ?? 0),
        ])
      }
      let energy = state.resources(.energy, of: account, at: now)
      return APIReply([
        "address": .string(address.base58), "activated": true, "contract": .bool(account.isContract),
        "trx": .int(account.balance), "usdt": .int(state.usdt[address] ?? 0),
        "energy_stake": .int(account.energy.frozen + account.energy.delegated),
        "energy_lent": .int(account.energy.delegated), "energy_acquired": .int(account.energy.acquired),
        "bandwidth_stake": .int(account.bandwidth.frozen + account.bandwidth.delegated),
        "energy_limit": .int(energy.limit), "energy_used": .int(energy.used),
      ])
    }
  }

  private func produce(_ parameters: APIParameters) throws -> APIReply {
    let count = try parameters.number("n", in: 1...Self.blocksMaximum) ?? 1
    return APIReply(["head": .int(try node.produce(Int(count)))])
  }

  /// Moves the clock of the blocks on, and makes one at once that carries the new time.
  private func advance(_ parameters: APIParameters) throws -> APIReply {
    let ms = try parameters.required("ms", in: 1...366 * 86_400_000)
    return try Self.refusing {
      try node.withNetwork { network in
        let offset = network.store.chain.clockOffsetMs + ms
        _ = try network.store.perform(.setClockOffset(ms: offset))
        _ = try network.fork?.chain.perform(.setClockOffset(ms: offset))
        try network.produce(nowMs: Node.wallClockMs)
        let head = network.store.chain.head
        return APIReply([
          "clock_offset_ms": .int(offset), "head": .int(head.number), "head_timestamp": .int(head.timestampMs),
        ])
      }
    }
  }
}
