/// The part of the control API that makes nodes disagree, forget and fall behind.
struct NetworkAPI {
  private static let insertedMaximum = 100

  let node: Node

  /// `nil` for a route that does not exist.
  func change(_ path: String, _ parameters: APIParameters) throws -> APIReply? {
    switch path {
    case "nodes/lag":
      let blocks = try parameters.required("blocks", in: 0...Chain.lagMaximum)
      for index in try nodes(parameters) { node.withNetwork { $0.views[index].lag = blocks } }
      return APIReply(["lag": .int(blocks)])
    case "nodes/forget":
      for index in try nodes(parameters) { node.withNetwork { $0.forget(node: index) } }
      return APIReply.empty
    case "nodes/gossip":
      let ms = try parameters.required("ms", in: 0...60_000)
      node.withNetwork { $0.gossipMs = ms }
      return APIReply(["gossip_ms": .int(ms)])
    case "blocks/stall":
      let intervals = try parameters.required("intervals", in: 0...ControlAPI.intervalsMaximum)
      node.withNetwork { $0.stalledIntervals = intervals }
      return APIReply(["stalled_intervals": .int(intervals)])
    case "blocks/empty":
      let blocks = try parameters.required("blocks", in: 0...ControlAPI.blocksMaximum)
      node.withNetwork { $0.emptyBlocks = blocks }
      return APIReply(["empty_blocks": .int(blocks)])
    case "blocks/reorganise": return try reorganise(parameters)
    case "forks": return try split(parameters)
    case "forks/resolve": return try resolve(parameters)
    default: return nil
    }
  }

  /// Indices; all nodes when none is named.
  private func nodes(_ parameters: APIParameters) throws(APIError) -> [Int] {
    let count = node.options.nodes
    if let one = try parameters.number("node", in: 1...Int64(count)) { return [Int(one) - 1] }
    return Array(0..<count)
  }

  private func reorganise(_ parameters: APIParameters) throws -> APIReply {
    let count = try parameters.required("blocks", in: 1...ControlAPI.blocksMaximum)
    let (contents, inserted) = (try contents(parameters), try inserted(parameters))
    return try ControlAPI.refusing {
      try node.withNetwork { network in
        APIReply(
          try network.reorganise(count, contents: contents, inserted: inserted, nowMs: Node.wallClockMs))
      }
    }
  }

  private func split(_ parameters: APIParameters) throws -> APIReply {
    let count = try parameters.required("blocks", in: 1...ControlAPI.blocksMaximum)
    let (contents, inserted) = (try contents(parameters), try inserted(parameters))
    let one = try parameters.required("node", in: 1...Int64(node.options.nodes))
    return try ControlAPI.refusing {
      try node.withNetwork { network in
        APIReply(try network.split(nodes: [Int(one) - 1], count, contents: contents, inserted: inserted))
      }
    }
  }

  private func resolve(_ parameters: APIParameters) throws -> APIReply {
    let winner = parameters.string("winner") ?? ""
    guard ["main", "fork"].contains(winner) else {
      throw APIError.control(status: 400, "winner '\(winner.prefix(64))' must be main or fork")
    }
    return try ControlAPI.refusing {
      try node.withNetwork { network in
        APIReply(try winner == "main" ? network.joinMain() : network.joinFork())
      }
    }
  }

  private func contents(_ parameters: APIParameters) throws(APIError) -> BlockContents {
    guard let name = parameters.string("transactions") else { return .returned }
    guard let contents = BlockContents(rawValue: name) else {
      let known = BlockContents.allCases.map(\.rawValue).joined(separator: ", ")
      throw .control(status: 400, "transactions '\(name.prefix(64))' is none of \(known)")
    }
    return contents
  }

  /// Signed transactions in hexadecimal.
  private func inserted(_ parameters: APIParameters) throws(APIError) -> [Transaction] {
    guard let list = parameters.object["insert"] else { return [] }
    guard let texts = list.array, texts.count <= Self.insertedMaximum else {
      throw .control(status: 400, "insert must be a list of at most \(Self.insertedMaximum) signed transactions")
    }
    var transactions: [Transaction] = []
    for (index, text) in texts.enumerated() {
      guard let bytes = text.string.flatMap(Hex.decode) else {
        throw .control(status: 400, "insert[\(index)] is no hexadecimal text")
      }
      do {
        transactions.append(try Transaction(decoding: bytes))
      } catch {
        throw .control(status: 400, "insert[\(index)] is no transaction: \(error.reason)")
      }
    }
    return transactions
  }
}
