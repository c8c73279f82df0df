import Foundation
import HTTPClient
import TestKit
import TronKit

/// The simulated chain, by its own HTTP interfaces.
struct Simulator: Sendable {
  let base: String
  let http: HTTPClient

  struct Status: Decodable {
    let head: Int64
    let head_timestamp: Int64
    let solid: Int64
    let pool: Int64
  }

  struct Account: Decodable {
    let trx: Int64?
    let usdt: Int64
  }

  /// What stands in a block.
  struct Entry: Decodable {
    struct Value: Decodable {
      let to_address: String?
      let contract_address: String?
      let amount: Int64?
      let call_value: Int64?
      let data: String?
    }
    let txid: String
    let block: Int64
    let solid: Bool
    let type: String
    let result: String?
    let fee: Int64
    let value: Value
  }

  func status() async throws -> Status { try await get("/sim/status") }
  func account(_ address: TronAddress) async throws -> Account { try await get("/sim/accounts/\(address.base58)") }

  /// False while nobody answers.
  func isUp() async throws -> Bool {
    do {
      return try await http.send(HTTPRequest(url: base + "/healthz", timeout: .seconds(2))).status == 200
    } catch is HTTPError {
      return false
    }
  }

  /// Everything that an account has signed and that blocks have taken, failed calls too.
  func transactions(of owner: TronAddress) async throws -> [Entry] {
    struct Page: Decodable {
      let transactions: [Entry]
      let next_block: Int64?
    }
    var (all, from): ([Entry], Int64?) = ([], 0)
    while let next = from {
      let page: Page = try await get("/sim/transactions?owner=\(owner.base58)&from_block=\(next)")
      all += page.transactions
      from = page.next_block
    }
    return all
  }

  /// Signs a transaction and sends it; returns its id.
  @discardableResult
  func send(
    _ contract: Contract, by key: PrivateKey, feeLimit: Int64 = 500_000_000, timestamp: Int64
  ) async throws -> String {
    struct Block: Decodable { let blockID: String }
    struct Answer: Decodable {
      let result: Bool?
      let message: String?
    }
    let solid: Block = try await post("/walletsolidity/getblock", [:])
    let raw = RawTransaction(
      referencing: try BlockID(hex: solid.blockID), expiration: try await status().head_timestamp + 600_000,
      timestamp: timestamp, feeLimit: Sun(feeLimit), contract: contract)
    let signed = try raw.signed(with: key)
    let answer: Answer = try await post("/wallet/broadcasthex", ["transaction": Hex.encode(signed.encoded())])
    guard answer.result == true else { throw TestKitError("the chain refuses \(contract): \(answer.message ?? "?")") }
    return signed.id.hex
  }

  // MARK: - HTTP

  func get<Answer: Decodable>(_ path: String) async throws -> Answer { try await exchange("GET", path, nil) }

  func post<Answer: Decodable>(_ path: String, _ body: [String: any Sendable]) async throws -> Answer {
    try await exchange("POST", path, body)
  }

  /// For what the simulator may refuse because of its state.
  /// - Returns: whether it did it.
  @discardableResult
  func ask(_ path: String, _ body: [String: any Sendable]) async throws -> Bool {
    try await response("POST", path, body).status == 200
  }

  private func exchange<Answer: Decodable>(
    _ method: String, _ path: String, _ body: [String: any Sendable]?
  ) async throws -> Answer {
    let response = try await response(method, path, body)
    guard response.status == 200 else {
      throw TestKitError("tron-sim answered \(method) \(path) with \(response.status): \(response.text)")
    }
    return try JSONDecoder().decode(Answer.self, from: Data(response.body))
  }

  private func response(
    _ method: String, _ path: String, _ body: [String: any Sendable]?
  ) async throws -> HTTPResponse {
    let bytes = try body.map { [UInt8](try JSONSerialization.data(withJSONObject: $0)) }
    return try await http.send(
      HTTPRequest(
        method: method, url: base + path, headers: body == nil ? [] : [("Content-Type", "application/json")],
        body: bytes, timeout: .seconds(30), bodyLimit: 64 * 1024 * 1024))
  }
}
