import Logging

/// Finds out which API a call is for, acting out faults on the way.
struct Dispatcher: Sendable {
  let node: Node
  let logger: Logger

  func answer(_ request: APIRequest) async -> APIReply {
    let fault = request.path.hasPrefix("/sim/") ? nil : node.takeFault(path: request.path)
    switch fault?.mode {
    case .dropBefore: return APIReply(["error": "dropped"], status: 500)
    case .error: return APIError.nullPointer.reply
    case .busy: return busy(request)
    case .delay:
      do {
        try await Task.sleep(for: .milliseconds(fault?.delayMs ?? 0))
      } catch {
        return APIReply(["error": "stopping"], status: 503)
      }
    case .dropAfter, nil: break
    }
    let reply = route(request)
    return fault?.mode == .dropAfter ? APIReply(["error": "dropped"], status: 500) : reply
  }

  private func busy(_ request: APIRequest) -> APIReply {
    guard request.path.hasPrefix("/wallet/broadcast") else { return APIError.overloaded.reply }
    return APIReply([
      "result": false, "code": .string(Refusal.busy.code.rawValue), "message": .string(Refusal.busy.message),
    ])
  }

  private func route(_ request: APIRequest) -> APIReply {
    do {
      if let reply = try find(request) { return reply }
      return APIReply(["error": .string("no \(request.method) \(request.path.prefix(128))")], status: 404)
    } catch let error as APIError {
      return error.reply
    } catch {
      logger.error("call failed", metadata: ["path": "\(request.path)", "error": "\(error)"])
      return APIReply(["error": "internal error"], status: 500)
    }
  }

  private func find(_ request: APIRequest) throws -> APIReply? {
    let path = request.path
    if path == "/healthz" { return APIReply(["status": "ok"]) }
    if path.hasPrefix("/sim/") { return try ControlAPI(node: node).answer(request) }
    if path.hasPrefix("/walletsolidity/") {
      return try wallet(.solid, String(path.dropFirst("/walletsolidity/".count)), request)
    }
    if path == "/wallet/broadcasthex" {
      return APIReply(try BroadcastAPI(node: node).broadcastHex(try request.parameters()))
    }
    if path == "/wallet/broadcasttransaction" {
      return APIReply(try BroadcastAPI(node: node).broadcastTransaction(try request.parameters()))
    }
    if path == "/wallet/getsignweight" {
      return APIReply(try BroadcastAPI(node: node).signWeight(try request.parameters()))
    }
    if path.hasPrefix("/wallet/") { return try wallet(.head, String(path.dropFirst("/wallet/".count)), request) }
    if request.method == "GET", path.hasPrefix("/v1/accounts/") {
      let text = String(path.dropFirst("/v1/accounts/".count))
      let parameters = try request.parameters()
      return node.read { ExplorerAPI(chain: $0).tronGrid(text, parameters) }
    }
    if request.method == "GET", path == "/api/accountv2" {
      let text = try request.parameters().string("address") ?? ""
      return node.read { ExplorerAPI(chain: $0).tronScanAccount(text) }
    }
    return nil
  }

  private func wallet(_ scope: WalletAPI.Scope, _ method: String, _ request: APIRequest) throws -> APIReply? {
    let parameters = try request.parameters()
    let json = try node.read { chain throws(APIError) in
      try WalletAPI(chain: chain, scope: scope).answer(method, parameters)
    }
    return json.map { APIReply($0) }
  }
}
