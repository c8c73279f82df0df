import Contracts
import Foundation
import TronKit

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

  /// More TRX or USDT than will ever exist (10¹⁷ sun; 10¹⁷ micro-USDT), or energy beyond the whole network's per day
  /// (1.8 × 10¹¹) many times over.
  private static let moneyMax: Int64 = 1_000_000_000_000_000_000
  private static let resourceMax: Int64 = 1_000_000_000_000_000

  /// What makes the answer unbelievable; nil when nothing does.
  func absurdity(asked: TronAddress) -> String? {
    if address != asked { return "it is about another address" }
    if !(0...Self.moneyMax).contains(trx.value) { return "its TRX balance is \(trx.value) sun" }
    if !(0...Self.moneyMax).contains(usdt) { return "its USDT balance is \(usdt) micro-USDT" }
    if !(0...Self.resourceMax).contains(energy.value) { return "its energy is \(energy.value)" }
    if !(0...Self.resourceMax).contains(bandwidth) { return "its bandwidth is \(bandwidth)" }
    if !isActivated, trx > .zero { return "it is not activated and has \(trx)" }
    return nil
  }

  func view(asOf: Date) -> ChainAccountView {
    ChainAccountView(
      address: address, trx: trx, usdt: usdt, energy: energy, bandwidth: bandwidth, isActivated: isActivated,
      isContract: isContract, asOf: asOf, isStale: false)
  }
}
