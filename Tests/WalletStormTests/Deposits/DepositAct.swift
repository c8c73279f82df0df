import Contracts
import TestKit
import TronKit

/// Something that somebody does on chain.
struct DepositAct: Sendable {
  let name: String
  /// How often in a storm.
  let count: Int
  /// False when it could not be done at this moment.
  let perform: @Sendable (DepositStage, inout SeededGenerator) async throws -> Bool

  private init(
    _ name: String, _ count: Int,
    _ perform: @escaping @Sendable (DepositStage, inout SeededGenerator) async throws -> Bool
  ) {
    self.name = name
    self.count = count
    self.perform = perform
  }

  /// One that always can be done, for a customer's address.
  private static func paying(
    _ name: String, _ count: Int,
    _ pay: @escaping @Sendable (DepositStage, TronAddress, PrivateKey, Int64) async throws -> Void
  ) -> DepositAct {
    DepositAct(name, count) { stage, random in
      guard let stranger = stage.cast.strangers.randomElement(using: &random) else { return false }
      let amount = Int64.random(in: 1_000_000...50_000_000, using: &random)
      try await pay(stage, try stage.anyAddress(&random), stranger, amount)
      return true
    }
  }

  static let all: [DepositAct] = real + worthless + own

  /// What is to be credited, or kept for a decision.
  static let real: [DepositAct] = [
    paying("TRX", 40) { try await $0.pay($3, to: $1, by: $2) },
    paying("USDT", 40) { try await $0.call(.transfer(to: $1, amount: $3), by: $2) },
    DepositAct("USDT by transferFrom", 10) { stage, random in
      let from = stage.cast.strangers[0].address
      let to = try stage.anyAddress(&random)
      try await stage.call(.transferFrom(from: from, to: to, amount: 3_000_000), by: stage.cast.spender)
      return true
    },
    paying("TRX sent by a contract", 6) { stage, to, stranger, amount in
      let call = SmartContractCall(
        owner: stranger.address, contract: stage.cast.forwarder, value: Sun(amount), data: TokenABI.forward(to: to))
      try await stage.send(.triggerSmartContract(call), by: stranger)
    },
    DepositAct("TRX to an address that is nobody's", 4) { stage, random in
      // Far from those that are handed out next.
      let index = UInt32.random(in: 300..<400, using: &random)
      let address = try stage.cast.tree.publicKey.child(index).address
      try await stage.pay(2_000_000, to: address, by: stage.cast.strangers[1])
      return true
    },
    DepositAct("TRX to the treasury", 6) { stage, _ in
      try await stage.pay(400_000_000, to: stage.cast.treasury.address, by: stage.cast.strangers[2])
      return true
    },
  ]

  /// What must change nothing.
  static let worthless: [DepositAct] = [
    paying("a token that calls itself USDT", 15) { stage, to, stranger, amount in
      try await stage.call(.transfer(to: to, amount: amount), of: stage.cast.counterfeit, by: stranger)
    },
    paying("that token in a customer's name", 5) { stage, to, stranger, amount in
      try await stage.call(
        .transferFrom(from: stage.cast.strangers[0].address, to: to, amount: amount), of: stage.cast.counterfeit,
        by: stranger)
    },
    paying("transferFrom of nothing to a customer", 8) { stage, to, stranger, _ in
      try await stage.call(.transferFrom(from: stage.cast.spender.address, to: to, amount: 0), by: stranger)
    },
    paying("transferFrom of nothing from a customer", 8) { stage, from, stranger, _ in
      try await stage.call(.transferFrom(from: from, to: stranger.address, amount: 0), by: stranger)
    },
    paying("Approval", 8) { try await $0.call(.approve(spender: $1, amount: $3), by: $2) },
    paying("a transfer that is refused", 8) { stage, to, stranger, _ in
      try await stage.call(.transfer(to: to, amount: 4_000_000_000_000_000_000), by: stranger)
    },
    paying("a transfer that runs out of energy", 8) { stage, to, stranger, amount in
      try await stage.call(.transfer(to: to, amount: amount), by: stranger, feeLimit: 1_000)
    },
    paying("dust in TRX", 8) { stage, to, stranger, _ in try await stage.pay(999_999, to: to, by: stranger) },
    paying("dust in USDT", 8) { stage, to, stranger, _ in
      try await stage.call(.transfer(to: to, amount: 1), by: stranger)
    },
  ]

  private static let own: [DepositAct] = [
    DepositAct("activation of a deposit address", 12) { stage, random in
      guard try await stage.sim.account(stage.cast.treasury.address).trx ?? 0 > 100_000_000 else { return false }
      try await stage.pay(60_000_000, to: try stage.anyAddress(&random), by: stage.cast.treasury)
      return true
    },
    DepositAct("sweep of USDT", 10) { stage, random in
      guard let (key, account) = try await stage.wealthy(&random), account.usdt > 0 else { return false }
      try await stage.call(.transfer(to: stage.cast.treasury.address, amount: account.usdt), by: key)
      return true
    },
    DepositAct("sweep of TRX", 8) { stage, random in
      guard let (key, account) = try await stage.wealthy(&random) else { return false }
      try await stage.pay((account.trx ?? 0) / 4, to: stage.cast.treasury.address, by: key)
      return true
    },
    DepositAct("a payment between two deposit addresses", 6) { stage, random in
      guard let (key, _) = try await stage.wealthy(&random) else { return false }
      let other = try stage.anyAddress(&random)
      guard other != key.address else { return false }
      try await stage.pay(1_500_000, to: other, by: key)
      return true
    },
  ]
}

extension DepositStage {
  func anyAddress(_ random: inout SeededGenerator) throws -> TronAddress {
    try address(of: Self.customers[Int.random(in: Self.customers.indices, using: &random)])
  }

  /// A deposit address that can pay for what it sends.
  func wealthy(_ random: inout SeededGenerator) async throws -> (PrivateKey, Simulator.Account)? {
    let address = try anyAddress(&random)
    let account = try await sim.account(address)
    guard account.trx ?? 0 > 45_000_000 else { return nil }
    return (try cast.key(of: address), account)
  }
}
