import Logging
import ServiceLifecycle

/// Finds out which API a call to one of the nodes is for, acting out faults on the way.
struct Dispatcher: Sendable {
  let node: Node
  /// Of the node that is called, from 0.
  var index = 0
  let logger: Logger

  func answer(_ request: APIRequest) async -> APIReply {
    let peer = Peer(node: node, index: index)
    guard let fault = fault(for: request, peer) else { return route(request, peer) }
    return await answer(request, peer, fault)
  }

  private func fault(for request: APIRequest, _ peer: Peer) -> Fault? {
    let path = request.path
    guard !path.hasPrefix("/sim/"), path != "/healthz" else { return nil }
    return node.withNetwork { network in
      guard !network.faults.faults.isEmpty else { return nil }
      let chain = network.store.chain
      return network.faults.take(path: path, node: index) { fault in
        fault.mode != .stale || isHidden(request, fault, chain)
      }
    }
  }

  /// Whether this asks for what is in a block that a stale answer would still leave out.
  private func isHidden(_ request: APIRequest, _ fault: Fault, _ chain: Chain) -> Bool {
    let block: Block?
    do {
      let parameters = try request.parameters()
      if request.path.hasSuffix("/gettransactioninfobyblocknum") {
        block = parameters.int("num").flatMap { chain.block($0) }
      } else if request.path.hasSuffix("/gettransactionbyid") || request.path.hasSuffix("/gettransactioninfobyid") {
        block = TransactionID(hex: parameters.string("value") ?? "").flatMap { chain.find($0)?.block }
      } else {
        return false
      }
    } catch {
      return false  // the call itself answers what is wrong with it
    }
    guard let block else { return false }
    return Node.wallClockMs + chain.clockOffsetMs < block.timestampMs + fault.delayMs
  }

  private func answer(_ request: APIRequest, _ peer: Peer, _ fault: Fault) async -> APIReply {
    let isBroadcast = Fault.Target.isBroadcast(request.path)
    if let reply = fault.mode.refusal(seconds: fault.suspendedSeconds, isBroadcast: isBroadcast) { return reply }
    var peer = peer
    peer.act = fault.mode.act
    switch fault.mode {
    case .dropAfter:
      _ = route(request, peer)
      return APIReply(["error": "dropped"], status: 500)
    case .delay:
      guard await wait(ms: fault.delayMs) else { return APIReply(["error": "stopping"], status: 503) }
      return route(request, peer)
    case .slow:
      let reply = route(request, peer)
      return await wait(ms: fault.delayMs) ? reply : APIReply(["error": "stopping"], status: 503)
    case .hang, .acceptAndTimeOut:
      var reply = fault.mode == .hang ? APIReply.empty : route(request, peer)
      _ = await wait(ms: fault.delayMs)
      reply.ending = .silent
      return reply
    case .cut, .acceptAndCut:
      // A broadcast that is cut off gets no further than a proxy.
      if isBroadcast, fault.mode == .cut { peer.act = .refuse(.busy, remembering: false) }
      var reply = route(request, peer)
      reply.ending = .cut
      return reply
    case .stale: return APIReply(request.path.hasSuffix("/gettransactioninfobyblocknum") ? [] : [:])
    default: return route(request, peer)
    }
  }

  /// `false` when the server stops first: nobody waits for an answer then.
  private func wait(ms: Int64) async -> Bool {
    do {
      try await cancelWhenGracefulShutdown { try await Task.sleep(for: .milliseconds(ms)) }
      return true
    } catch {
      return false
    }
  }

  private func route(_ request: APIRequest, _ peer: Peer) -> APIReply {
    do {
      if let reply = try find(request, peer) { return reply }
      return APIReply(["error": .string("no \(request.method) \(request.path.prefix(128))")], status: 404)
    } catch let error as APIError {
      return error.reply
    } catch {
      logger.error("call failed", metadata: ["path": "\(request.path)", "error": "\(error)"])
      return APIReply(["error": "internal error"], status: 500)
    }
  }

  private func find(_ request: APIRequest, _ peer: Peer) throws -> APIReply? {
    let path = request.path
    if path == "/healthz" { return APIReply(["status": "ok"]) }
    if path.hasPrefix("/sim/") { return try ControlAPI(node: node).answer(request) }
    if path.hasPrefix("/walletsolidity/") {
      return try wallet(.solid, String(path.dropFirst("/walletsolidity/".count)), request, peer)
    }
    if path == "/wallet/broadcasthex" {
      return APIReply(try BroadcastAPI(node: peer).broadcastHex(try request.parameters()))
    }
    if path == "/wallet/broadcasttransaction" {
      return APIReply(try BroadcastAPI(node: peer).broadcastTransaction(try request.parameters()))
    }
    if path == "/wallet/getsignweight" {
      return APIReply(try BroadcastAPI(node: peer).signWeight(try request.parameters()))
    }
    if path.hasPrefix("/wallet/") {
      return try wallet(.head, String(path.dropFirst("/wallet/".count)), request, peer)
    }
    if request.method == "GET", path.hasPrefix("/v1/accounts/") {
      let text = String(path.dropFirst("/v1/accounts/".count))
      let parameters = try request.parameters()
      return peer.read { ExplorerAPI(chain: $0).tronGrid(text, parameters) }
    }
    if request.method == "GET", path == "/api/accountv2" {
      let text = try request.parameters().string("address") ?? ""
      return peer.read { ExplorerAPI(chain: $0).tronScanAccount(text) }
    }
    return nil
  }

  private func wallet(
    _ scope: WalletAPI.Scope, _ method: String, _ request: APIRequest, _ peer: Peer
  ) throws -> APIReply? {
    let parameters = try request.parameters()
    let json = try peer.read { chain throws(APIError) in
      try WalletAPI(chain: chain, scope: scope).answer(method, parameters)
    }
    return json.map { APIReply($0) }
  }
}
