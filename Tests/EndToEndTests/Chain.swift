import Foundation
import TestKit
import TronKit

/// The simulated chain, from outside.
struct Chain: Sendable {
  struct Entry: Sendable, Equatable {
    let txID: String
    let from: String
    let stake: Int64
  }

  struct History: Sendable, Equatable {
    var delegated: [Entry] = []
    var reclaimed: [Entry] = []
  }

  let api: API

  /// A new, activated account that can receive energy.
  func receiver() async throws -> TronAddress {
    let address = try PrivateKey.generate().address
    try await api.post("/sim/accounts", ["address": address.base58, "trx": 5_000_000])
    return address
  }

  /// A new contract.
  func contract() async throws -> TronAddress {
    let address = try PrivateKey.generate().address
    try await api.post("/sim/accounts", ["address": address.base58, "trx": 0, "contract": true])
    return address
  }

  /// Everything that blocks hold about a receiver, oldest first.
  func history(of receiver: TronAddress) async throws -> History {
    var history = History()
    for item in try await api.get("/sim/delegations?address=\(receiver.base58)").list
    where item["to"].string == receiver.base58 {
      let entry = Entry(txID: item["txid"].string, from: item["from"].string, stake: item["balance"].int)
      if item["type"].string == "DelegateResource" {
        history.delegated.append(entry)
      } else {
        history.reclaimed.append(entry)
      }
    }
    return history
  }

  /// No block until it is unpaused: whatever is signed waits.
  func pause(_ paused: Bool) async throws { try await api.post("/sim/blocks/pause", ["paused": "\(paused)"]) }
}
