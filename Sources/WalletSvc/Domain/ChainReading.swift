import Contracts
import Foundation
import TronKit

/// The most that an address can have. What is beyond comes from a broken or a lying API.
struct ChainSupply: Sendable, Equatable {
  /// About 95 × 10⁹ TRX exist, and no more than a few per cent are added in a year.
  static let trxMax = Sun(120_000_000_000_000_000)
  /// About 10¹¹ USDT exist on TRON.
  static let mainnetUSDTMax: Int64 = 200_000_000_000_000_000
  /// The whole network has 1.8 × 10¹¹ energy and 4.3 × 10¹⁰ bandwidth a day.
  static let resourceMax: Int64 = 1_000_000_000_000

  /// Micro-USDT. Of tokens of test networks nobody knows how many there are.
  var usdtMax: Int64 = mainnetUSDTMax

  init(usdtMax: Int64 = mainnetUSDTMax) { self.usdtMax = usdtMax }
  init(of token: TronAddress) { usdtMax = token == USDT.mainnet ? Self.mainnetUSDTMax : .max }
}

/// What one of the chain's APIs says of an address, before anybody believes it.
struct ChainReading: Sendable, Equatable {
  let address: TronAddress
  let trx: Sun
  /// Micro-USDT.
  let usdt: Int64
  let energy: Energy
  let bandwidth: Int64
  let isActivated: Bool
  let isContract: Bool

  /// What makes the answer unbelievable; nil when nothing does.
  func absurdity(asked: TronAddress, supply: ChainSupply = ChainSupply()) -> String? {
    if address != asked { return "it is about another address" }
    if !(0...ChainSupply.trxMax.value).contains(trx.value) { return "its TRX balance is \(trx.value) sun" }
    if !(0...supply.usdtMax).contains(usdt) { return "its USDT balance is \(usdt) micro-USDT" }
    if !(0...ChainSupply.resourceMax).contains(energy.value) { return "its energy is \(energy.value)" }
    if !(0...ChainSupply.resourceMax).contains(bandwidth) { return "its bandwidth is \(bandwidth)" }
    if !isActivated, trx > .zero { return "it is not activated and has \(trx)" }
    if !isActivated, isContract { return "it is not activated and a contract" }
    return nil
  }

  func view(asOf: Date) -> ChainAccountView {
    ChainAccountView(
      address: address, trx: trx, usdt: usdt, energy: energy, bandwidth: bandwidth, isActivated: isActivated,
      isContract: isContract, asOf: asOf, isStale: false)
  }
}
