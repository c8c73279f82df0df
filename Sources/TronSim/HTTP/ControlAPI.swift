/// `/sim/…`: what a test or a demonstration does to the chain from outside it.
struct ControlAPI {
  static let blocksMaximum: Int64 = 10_000

  let node: Node

  /// `nil` for a route that does not exist.
  func answer(_ request: APIRequest) throws -> APIReply? {
    let path = request.path.dropFirst("/sim/".count)
    let parameters = try request.parameters()
    switch (request.method, path) {
    case ("GET", "status"): return APIReply(status)
    case ("GET", "delegations"): return APIReply(delegations(parameters))
    case ("GET", "faults"): return APIReply(node.faultList)
    case ("POST", "accounts"): return try adjust(parameters)
    case ("POST", "energy/use"): return try perform("use_energy", parameters)
    case ("POST", "parameters"): return try perform("set_parameter", parameters)
    case ("POST", "clock/offset"): return try perform("clock_offset", parameters)
    case ("POST", "blocks/revert"): return try perform("revert", parameters)
    case ("POST", "blocks/produce"): return try produce(parameters)
    case ("POST", "blocks/pause"):
      node.isPaused = parameters.string("paused") != "false"
      return APIReply(["paused": .bool(node.isPaused)])
    case ("POST", "pool/clear"):
      node.clearPool()
      return APIReply.empty
    case ("POST", "faults"):
      node.add(try Fault(parameters))
      return APIReply(node.faultList)
    case ("GET", _) where path.hasPrefix("accounts/"):
      return try account(String(path.dropFirst("accounts/".count)))
    default: return nil
    }
  }

  private var status: JSON {
    let uptime = node.uptime
    return node.read { chain in
      [
        "head": .int(chain.head.number), "head_timestamp": .int(chain.head.timestampMs),
        "solid": .int(chain.solidNumber), "solid_after": .int(chain.solidAfter),
        "interval": .int(node.options.blockIntervalMs), "uptime": .int(uptime.components.seconds),
        "accounts": .int(Int64(chain.state.accounts.count)), "pool": .int(Int64(chain.pool.count)),
        "paused": .bool(node.isPaused), "clock_offset_ms": .int(chain.clockOffsetMs),
      ]
    }
  }

  private func delegations(_ parameters: APIParameters) -> JSON {
    let address = parameters.string("address").flatMap { Address(text: $0) }
    return node.read { chain in
      let records = chain.delegationLog.filter { address == nil || $0.from == address || $0.to == address }
      let list: [JSON] = records.map { record in
        [
          "txid": .string(record.transaction.hex),
          "type": .string(record.isDelegate ? "DelegateResource" : "UnDelegateResource"),
          "from": .string(record.from.base58), "to": .string(record.to.base58),
          "resource": .string(record.resource.name), "balance": .int(record.balance), "block": .int(record.block),
          "timestamp": .int(record.timestampMs),
        ]
      }
      return .array(list)
    }
  }

  private func perform(_ action: String, _ parameters: APIParameters) throws -> APIReply {
    var members: [(key: String, value: JSON)] = [("action", .string(action))]
    if case .object(let given) = parameters.object { members += given.filter { $0.key != "action" } }
    do {
      return APIReply(try node.perform(SimAction(json: .object(members))))
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
    let count = parameters.int("n") ?? 1
    guard (1...Self.blocksMaximum).contains(count) else {
      throw APIError.control(status: 400, "n \(count) must be between 1 and \(Self.blocksMaximum)")
    }
    return APIReply(["head": .int(try node.produce(Int(count)))])
  }
}
