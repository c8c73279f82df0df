import Contracts
import Crypto
import Foundation
import TronKit

@testable import TxSvc

/// Values that the tests share.
enum Samples {
  static let now = Date(timeIntervalSince1970: 1_800_000_000)
  /// For chains that tests date as they like.
  static let anyAge: Duration = .seconds(100 * 365 * 86_400)
  static let orderKey = SymmetricKey(data: [UInt8](repeating: 7, count: 32))
  static let order = OrderID(text: "ord_00000000000000000000000000000001")
  static let customer = CustomerID(text: "cus_1")

  static func address(_ number: UInt8) throws -> TronAddress {
    try TronAddress(bytes: [0x41] + [UInt8](repeating: number, count: 20))
  }

  static func ratio(limit: Int64 = 180_000_000_000, weight: Int64 = 18_000_000_000) throws -> StakeRatio {
    guard let ratio = StakeRatio(totalEnergyLimit: limit, totalEnergyWeight: weight) else {
      throw AmountError.overflow("the sample ratio")
    }
    return ratio
  }

  static func wallet(_ number: UInt8, trx: Int64, reserved: Int64 = 0) throws -> SupplierWallet {
    SupplierWallet(
      address: try address(number), encryptedKey: "", keyID: "", permissionID: 0, isEnabled: true,
      delegatable: try Sun(trx: trx), reserved: Sun(reserved), delegated: .zero, bandwidth: 5_000, balance: .zero,
      figuresBlock: 100, refreshAt: now, addedAt: now)
  }

  static func message(
    energy: Int64 = 65_000, receiver: UInt8 = 0xaa, deadline: TimeInterval = 60, key: SymmetricKey = orderKey
  ) throws -> DelegateEnergy {
    let receiver = try address(receiver)
    return DelegateEnergy(
      order: order, customer: customer, receiver: receiver, energy: Energy(energy), durationSeconds: 3600,
      deadline: now.addingTimeInterval(deadline),
      seal: .delegate(
        order: order, customer: customer, receiver: receiver, energy: Energy(energy), durationSeconds: 3600, key: key))
  }

  static func terms(
    at seconds: TimeInterval = 0, mode: SetSigning.Mode = .everything, ratio: StakeRatio? = nil
  ) throws -> DelegationCase.Terms {
    DelegationCase.Terms(
      limits: SigningLimits(), ratio: try ratio ?? Self.ratio(), mode: mode, now: now.addingTimeInterval(seconds))
  }

  /// A case as DelegateEnergy makes it, planned over these wallets.
  static func planned(energy: Int64 = 65_000, wallets: [SupplierWallet]) throws -> DelegationCase {
    var delegation = DelegationCase(
      delegation: Delegation(try message(energy: energy), correlation: "", now: now),
      wallets: Dictionary(uniqueKeysWithValues: wallets.map { ($0.address, $0) }))
    try delegation.settle(try terms())
    return delegation
  }

  static func transaction(
    _ number: UInt8, leg: String, _ purpose: StoredTransaction.Purpose = .delegate
  ) throws -> StoredTransaction {
    StoredTransaction(
      id: try TransactionID(bytes: [UInt8](repeating: number, count: 32)), orderID: order, legID: leg, purpose: purpose,
      bytes: [], expirationMs: 60_000, signedAt: now, state: .signed)
  }

  static func block(_ number: UInt8, fork: UInt8 = 0) throws -> BlockID {
    try BlockID(bytes: [0, 0, 0, 0, 0, 0, 0, number] + [UInt8](repeating: fork, count: 24))
  }
}

extension DelegationCase {
  /// What was told so far, without the numbers.
  var news: [DelegationAction.News] {
    actions.compactMap { if case .publish(let news, _) = $0 { news } else { nil } }
  }
}
