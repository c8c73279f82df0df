import Foundation
import Synchronization
import TestKit
import TronKit

/// A node of which a test says what it answers: as much of the HTTP API as wallets, receivers and parameters need.
final class StubChain: Sendable {
  struct State {
    /// The head; the solid block is 19 behind.
    var head: Int64 = 1_000
    var delegatable: [String: Int64] = [:]
    /// Sun lent, by `<from>/<to>`.
    var lent: [String: Int64] = [:]
    var balance: Int64 = 1_000_000_000
    var energyUsed: Int64 = 0
    var transactionFee: Int64 = 1_000
    var energyWeight: Int64 = 18_000_000_000
    /// Numbers of the solid blocks that hold a transaction, by its id.
    var blockNumbers: [String: Int64] = [:]
    var calls: [String: Int] = [:]
  }

  let state = Mutex(State())

  /// - Parameter broadcast: answers what is sent.
  func serve(
    broadcast: @escaping @Sendable (StubHTTPServer.Request) -> StubHTTPServer.Reply = { _ in .text("{}") }
  ) throws -> StubHTTPServer {
    try StubHTTPServer { [self] request in
      request.target.hasSuffix("/broadcasthex") ? broadcast(request) : .text(answer(request.target, request.body))
    }
  }

  func set(_ change: (inout State) -> Void) { state.withLock { change(&$0) } }
  func calls(_ name: String) -> Int { state.withLock { $0.calls[name] ?? 0 } }

  private struct Question: Decodable {
    var address: String?
    var owner_address: String?
    var fromAddress: String?
    var toAddress: String?
    var value: String?
  }

  private func answer(_ target: String, _ body: [UInt8]) -> String {
    let name = target.split(separator: "/").last.map(String.init) ?? ""
    let question = (try? JSONDecoder().decode(Question.self, from: Data(body))) ?? Question()
    return state.withLock { state in
      state.calls[name, default: 0] += 1
      let solid = state.head - 19
      switch name {
      case "getblock": return Self.block(target.hasPrefix("/walletsolidity") ? solid : state.head)
      case "getcandelegatedmaxsize": return #"{"max_size":\#(state.delegatable[question.owner_address ?? ""] ?? 0)}"#
      case "getaccountresource":
        return """
          {"freeNetLimit":600,"EnergyUsed":\(state.energyUsed),"TotalEnergyLimit":180000000000,\
          "TotalEnergyWeight":\(state.energyWeight)}
          """
      case "getaccount": return Self.account(question.address ?? "", state)
      case "getdelegatedresourceaccountindexv2":
        let from = question.value ?? ""
        let receivers = state.lent.filter { $0.key.hasPrefix(from + "/") && $0.value > 0 }.keys.sorted()
          .map { #""\#($0.dropFirst(from.count + 1))""# }
        return #"{"account":"\#(from)","toAccounts":[\#(receivers.joined(separator: ","))]}"#
      case "getdelegatedresourcev2":
        let (from, to) = (question.fromAddress ?? "", question.toAddress ?? "")
        guard let sun = state.lent["\(from)/\(to)"], sun > 0 else { return "{}" }
        return #"{"delegatedResource":[{"from":"\#(from)","to":"\#(to)","frozen_balance_for_energy":\#(sun)}]}"#
      case "gettransactioninfobyid":
        guard let id = question.value, let number = state.blockNumbers[id], number <= solid else { return "{}" }
        return #"{"id":"\#(id)","fee":0,"blockNumber":\#(number),"blockTimeStamp":\#(number * 3_000),"receipt":{}}"#
      case "getchainparameters":
        return """
          {"chainParameter":[{"key":"getEnergyFee","value":100},\
          {"key":"getTransactionFee","value":\(state.transactionFee)},{"key":"getMemoFee"}]}
          """
      default: return "{}"
      }
    }
  }

  private static func account(_ address: String, _ state: State) -> String {
    let total = state.lent.filter { $0.key.hasPrefix(address + "/") }.values.reduce(0, +)
    return """
      {"address":"\(address)","balance":\(state.balance),\
      "account_resource":{"delegated_frozenV2_balance_for_energy":\(total)}}
      """
  }

  private static func block(_ number: Int64) -> String {
    let id = { (number: Int64) in
      let hex = String(number, radix: 16)
      return String(repeating: "0", count: 16 - hex.count) + hex + String(repeating: "0", count: 48)
    }
    return """
      {"blockID":"\(id(number))","block_header":{"raw_data":{"number":\(number),"parentHash":"\(id(number - 1))",\
      "timestamp":\(number * 3_000)}}}
      """
  }
}
