import Foundation
import HTTPClient
import TronKit

/// The simulator's control API, spoken without any of the product's own code for nodes.
struct SimClient: Sendable {
  let base: String
  let http: HTTPClient

  func get<Answer: Decodable>(_ path: String, as type: Answer.Type = Answer.self) async throws -> Answer {
    try Self.read(try await send("GET", path, nil), path)
  }

  @discardableResult
  func post(_ path: String, _ body: [String: any Sendable]) async throws -> [UInt8] {
    try await send("POST", path, body)
  }

  func post<Answer: Decodable>(_ path: String, _ body: [String: any Sendable], as type: Answer.Type) async throws
    -> Answer
  {
    try Self.read(try await send("POST", path, body), path)
  }

  /// False while nobody answers.
  func isUp() async throws -> Bool {
    do {
      return try await http.send(HTTPRequest(url: base + "/healthz", timeout: .seconds(2))).status == 200
    } catch is HTTPError {
      return false
    }
  }

  private func send(_ method: String, _ path: String, _ body: [String: any Sendable]?) async throws -> [UInt8] {
    let response = try await exchange(method, path, body)
    guard response.status == 200 else {
      throw WorldError("tron-sim answered \(method) \(path) with \(response.status): \(response.text)")
    }
    return response.body
  }

  private func exchange(_ method: String, _ path: String, _ body: [String: any Sendable]?) async throws
    -> HTTPResponse
  {
    var headers: [(String, String)] = []
    var bytes: [UInt8]?
    if let body {
      headers.append(("Content-Type", "application/json"))
      bytes = [UInt8](try JSONSerialization.data(withJSONObject: body))
    }
    return try await http.send(
      HTTPRequest(
        method: method, url: base + path, headers: headers, body: bytes, timeout: .seconds(30),
        bodyLimit: 64 * 1024 * 1024))
  }

  private static func read<Answer: Decodable>(
    _ body: [UInt8], _ path: String, as type: Answer.Type = Answer.self
  ) throws -> Answer {
    do {
      return try JSONDecoder().decode(Answer.self, from: Data(body))
    } catch {
      throw WorldError("tron-sim's answer to \(path) cannot be read: \(error)")
    }
  }
}

// MARK: - What tests ask of it

extension SimClient {
  struct Status: Decodable {
    let head: Int64
    let head_timestamp: Int64
    let solid: Int64
    let pool: Int64
  }

  func status() async throws -> Status { try await get("/sim/status") }

  /// Makes or changes an account; amounts in sun.
  func account(
    _ address: TronAddress, trx: Int64? = nil, energyStake: Int64? = nil, bandwidthStake: Int64? = nil,
    isContract: Bool = false
  ) async throws {
    var body: [String: any Sendable] = ["address": address.base58]
    if let trx { body["trx"] = trx }
    if let energyStake { body["energy_stake"] = energyStake }
    if let bandwidthStake { body["bandwidth_stake"] = bandwidthStake }
    if isContract { body["contract"] = true }
    try await post("/sim/accounts", body)
  }

  /// Milliseconds that the chain's clock is ahead, from the next block on.
  func setClock(aheadBy milliseconds: Int64) async throws {
    try await post("/sim/clock/offset", ["ms": milliseconds])
  }

  /// For what the simulator may refuse because of its state, such as a fork while there is one: not counted then.
  func ask(_ path: String, _ body: [String: any Sendable]) async throws {
    _ = try await exchange("POST", path, body)
  }

  /// False when the account has too little: its rental may have ended a moment ago.
  func isEnergyUsed(_ energy: Int64, by address: String) async throws -> Bool {
    struct Used: Decodable { let used: Int64 }
    let path = "/sim/energy/use"
    let response = try await exchange("POST", path, ["address": address, "energy": energy])
    guard response.status != 400 else { return false }
    guard response.status == 200 else { throw WorldError("tron-sim answered \(response.status): \(response.text)") }
    return try Self.read(response.body, path, as: Used.self).used > 0
  }

  struct Fired: Decodable, Sendable {
    let name: String
    let path: String?
    let count: Int
  }

  /// How often each fault and event has happened.
  func fired() async throws -> [Fired] {
    struct Answer: Decodable { let events: [Fired] }
    return try await get("/sim/faults/fired", as: Answer.self).events
  }

  /// Every way in which a call can fail.
  func faultModes() async throws -> Set<String> {
    // Its answer to an unknown one names them all.
    let text = try await exchange("POST", "/sim/faults", ["path": "*", "mode": "?"]).text
    guard let list = text.components(separatedBy: " is none of ").dropFirst().first else {
      throw WorldError("tron-sim does not name its modes of failure: \(text)")
    }
    return Set(list.prefix { $0 != "\"" }.components(separatedBy: ", "))
  }

  struct Lent: Decodable, Sendable {
    let from: String
    let to: String
    let resource: String
    let unlocked: Int64
    let locked: Int64
  }

  /// What is lent at the head, by pair.
  func lent() async throws -> [Lent] {
    struct State: Decodable { let entries: [Lent] }
    struct Answer: Decodable { let head: State }
    return try await get("/sim/ledger", as: Answer.self).head.entries
  }

  /// - Parameter count: 0 takes the fault away.
  func setFault(_ path: String, mode: String, count: Int) async throws {
    try await post("/sim/faults", ["path": path, "mode": mode, "count": count])
  }
}
