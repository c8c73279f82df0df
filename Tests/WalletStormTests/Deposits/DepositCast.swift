import TestKit
import TronKit

/// Who takes part: keys that only the test has.
struct DepositCast: Sendable {
  /// Of the deposit addresses; the services get its public half.
  let tree: ExtendedPrivateKey
  let treasury: PrivateKey
  let strangers: [PrivateKey]
  /// May move the first stranger's USDT.
  let spender: PrivateKey
  /// Contracts: one that pretends to be USDT, and one that passes TRX on.
  let counterfeit: TronAddress
  let forwarder: TronAddress

  init() throws {
    let seed = (0..<32).map { _ in UInt8.random(in: 0...255) }
    tree = try ExtendedPrivateKey(seed: seed).tronAddresses()
    treasury = try PrivateKey.generate()
    strangers = try (0..<3).map { _ in try PrivateKey.generate() }
    spender = try PrivateKey.generate()
    counterfeit = try PrivateKey.generate().address
    forwarder = try PrivateKey.generate().address
  }

  /// Puts them on the chain. The treasury has nothing yet: what it gets is to be seen.
  func enter(_ sim: Simulator) async throws {
    let plenty: Int64 = 1_000_000_000_000_000
    for key in strangers + [spender] {
      try await sim.ask("/sim/accounts", ["address": key.address.base58, "trx": plenty, "usdt": plenty])
    }
    try await sim.ask("/sim/accounts", ["address": counterfeit.base58, "counterfeit": true])
    try await sim.ask("/sim/accounts", ["address": forwarder.base58, "contract": true, "forwarder": true])
  }

  /// The key of a deposit address, which no service has.
  func key(of address: TronAddress) throws -> PrivateKey {
    for index in 0..<60 {
      let key = try tree.child(UInt32(index)).key
      if key.address == address { return key }
    }
    throw TestKitError("\(address) is no deposit address")
  }
}
