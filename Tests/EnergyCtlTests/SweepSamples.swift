import Contracts
import Foundation
import TronKit

@testable import EnergyCtl

/// A wallet of deposit addresses that everybody can derive, a treasury, and the chain's prices of 2026.
struct SweepSamples: Sendable {
  static let headTimeMs: Int64 = 1_800_000_000_000
  static let now = Date(timeIntervalSince1970: 1_800_000_010)
  static let phrase = "all all all all all all all all all all all all"
  static let block = "000000000000000a" + String(repeating: "ab", count: 24)

  let wallet: ExtendedPrivateKey
  let deposits: ExtendedPrivateKey
  let treasuryKey: PrivateKey

  init() throws {
    wallet = try ExtendedPrivateKey(mnemonic: Self.phrase)
    deposits = try wallet.tronAddresses()
    treasuryKey = try PrivateKey(bytes: [UInt8](repeating: 7, count: 32))
  }

  var treasury: TronAddress { treasuryKey.address }
  var xpub: ExtendedPublicKey { deposits.publicKey }
  var fingerprint: String { SignKeys.fingerprint(of: xpub) }
  var settings: SweepSettings { SweepSettings(treasury: treasury, funder: treasury) }

  static func reference(energyFee: Int64 = 100, token: TronAddress = USDT.mainnet) -> TransactionReferenceView {
    TransactionReferenceView(
      referenceBlock: block, headTimeMs: headTimeMs, token: token, energyFee: Sun(energyFee), bandwidthFee: Sun(1_000),
      accountFee: Sun(1_000_000), accountBandwidthFee: Sun(100_000), feeLimitMax: Sun(15_000_000_000),
      freeBandwidth: 600)
  }

  static let products = [
    Product(
      id: "1h", durationSeconds: 3_600, sunPerEnergy: 60, energyMin: Energy(32_000), energyMax: Energy(10_000_000)),
    Product(
      id: "1d", durationSeconds: 86_400, sunPerEnergy: 90, energyMin: Energy(32_000), energyMax: Energy(10_000_000)),
  ]

  func source(
    _ index: UInt32 = 0, trx: Int64 = 0, usdt: Int64 = 0, isActivated: Bool = true, isWatched: Bool = true,
    _ estimate: SweepSource.Estimate = .energy(Energy(64_285))
  ) throws -> SweepSource {
    let address = try xpub.child(index).address
    return SweepSource(
      entry: DepositAddressList.Entry(
        address: address, place: DepositAddressPlace(generation: 1, index: Int64(index)), fingerprint: fingerprint,
        customer: nil),
      balance: Self.balance(address, trx: trx, usdt: usdt, isActivated: isActivated, isWatched: isWatched),
      estimate: estimate)
  }

  static func balance(
    _ address: TronAddress, trx: Int64, usdt: Int64 = 0, isActivated: Bool = true, isWatched: Bool = true
  ) -> SolidBalancesView.Balance {
    SolidBalancesView.Balance(
      address: address, isActivated: isActivated, available: Sun(trx), staked: .zero, unstaking: .zero, token: usdt,
      blockNumber: 10, blockTime: now, blockNumberAfter: 10, isWatched: isWatched, dust: .zero, dustToken: 0)
  }

  func draft(of sources: [SweepSource], _ settings: SweepSettings? = nil) throws -> SweepDraft {
    var draft = try SweepDraft(settings ?? self.settings, Self.reference(), Self.products)
    for source in sources { try draft.add(source) }
    return draft
  }

  /// Activates one address, funds another, lends to both, and sweeps both currencies of a third.
  func plan() throws -> SweepPlan {
    try draft(of: [
      source(0, usdt: 100_000_000, isActivated: false), source(1, usdt: 25_500_000),
      source(7, trx: 20_000_000, usdt: 12_000_000),
    ]).plan(id: UUID(), createdAt: Self.now)
  }

  func keys() throws -> SignKeys {
    var keys = SignKeys()
    try keys.add(deposits, accounts: [])
    return keys
  }

  func check(
    to: TronAddress? = nil, token: TronAddress? = nil, digest: String? = nil, feeLimitMax: Int64 = 50_000_000,
    keys: SignKeys? = nil, now: Date = SweepSamples.now
  ) throws -> SignCheck {
    SignCheck(
      treasury: to ?? treasury, token: token, digest: digest, feeLimitMax: Sun(feeLimitMax),
      keys: try keys ?? self.keys(), now: now)
  }

  /// The code of what a closure refuses; nil when it does not.
  static func refusal(_ body: () throws -> Void) throws -> SweepRefusal.Code? {
    do {
      try body()
      return nil
    } catch let refusal as SweepRefusal {
      return refusal.code
    }
  }
}
