import BusKit
import Contracts
import Foundation
import TronKit

/// A case read from, and written to, a unit of work.
extension DelegationCase {
  /// Everything that one order's case may touch. All wallets, because a leg that dies is planned again.
  /// - Parameter receiver: where legs are likely to be planned: what else is lent there decides between wallets.
  static func needs(_ order: OrderID, to receiver: TronAddress? = nil) -> [Need] {
    let shared: [Need] = receiver.map { [.rows(Leg.self, where: "lent_to", is: $0.base58)] } ?? []
    return needsWithoutWallets(order) + shared + [.all(SupplierWallet.self)]
  }

  /// For facts that move no promise, such as a signature: orders do not wait for one another's wallets.
  static func needsWithoutWallets(_ order: OrderID) -> [Need] {
    [
      .row(Delegation.self, order.text), .rows(Leg.self, where: "order_id", is: order.text),
      .rows(StoredTransaction.self, where: "order_id", is: order.text),
      .reading(ChainRatio.self, ChainRatio.key), .reading(SigningState.self, SigningState.key),
    ]
  }

  /// nil when the order is unknown.
  /// - Parameter isSharing: look at other orders' legs, too: worth it where legs are likely to be planned.
  static func load(_ order: OrderID, from unit: UnitOfWork, isSharing: Bool = false) throws -> DelegationCase? {
    guard var found = try loadWithoutWallets(order, from: unit) else { return nil }
    found.wallets = try wallets(of: unit)
    if isSharing { found.shared = try shared(found.delegation, unit) }
    return found
  }

  /// Wallets that lend to the same receiver for other orders, as far as the unit's needs show them.
  static func shared(_ delegation: Delegation, _ unit: UnitOfWork) throws -> Set<TronAddress> {
    let legs = try unit.all(Leg.self, where: "lent_to", is: delegation.receiver.base58)
    return Set(legs.filter { $0.orderID != delegation.id }.map(\.supplier))
  }

  /// A case in which no promise can be moved: whatever would touch a wallet throws.
  static func loadWithoutWallets(_ order: OrderID, from unit: UnitOfWork) throws -> DelegationCase? {
    guard let delegation = try unit.find(Delegation.self, order.text) else { return nil }
    return DelegationCase(
      delegation: delegation, legs: try unit.all(Leg.self, where: "order_id", is: order.text),
      transactions: try unit.all(StoredTransaction.self, where: "order_id", is: order.text))
  }

  static func wallets(of unit: UnitOfWork) throws -> [TronAddress: SupplierWallet] {
    Dictionary(try unit.all(SupplierWallet.self).map { ($0.address, $0) }) { first, _ in first }
  }

  static func terms(_ unit: UnitOfWork, _ limits: SigningLimits) throws -> Terms {
    let row = try unit.find(ChainRatio.self, ChainRatio.key)
    let isFresh = row.map { unit.now.timeIntervalSince($0.readAt) <= limits.ratioAgeMax.timeInterval } ?? false
    let mode = try unit.find(SigningState.self, SigningState.key)?.mode ?? .everything
    return Terms(limits: limits, ratio: isFresh ? row?.ratio : nil, mode: mode, now: unit.now)
  }

  /// Whether everything can be told that `save` would tell: it must not stop half-way.
  func check() throws {
    let isConfirming = actions.contains { if case .publish(.confirmed, _) = $0 { true } else { false } }
    guard isConfirming, delegation.startedAtMs == nil else { return }
    throw InvariantViolation("order \(delegation.id) is confirmed without a time")
  }

  /// Writes what differs from `before` and carries out the actions.
  func save(
    over before: DelegationCase?, walletsBefore: [TronAddress: SupplierWallet] = [:], to unit: UnitOfWork
  ) throws {
    let walletsBefore = before?.wallets ?? walletsBefore
    if delegation != before?.delegation { try unit.save(delegation) }
    for var leg in legs {
      leg.lentTo = leg.state.isLive ? delegation.receiver : nil
      if before?.legs.first(where: { $0.id == leg.id }) != leg { try unit.save(leg) }
    }
    for transaction in transactions
    where before?.transactions.first(where: { $0.id == transaction.id }) != transaction {
      try unit.save(transaction)
    }
    for (address, wallet) in wallets where walletsBefore[address] != wallet { try unit.save(wallet) }
    for action in actions { try perform(action, unit) }
  }

  private func perform(_ action: DelegationAction, _ unit: UnitOfWork) throws {
    switch action {
    case .prepare: try unit.start(PrepareDelegation(order: delegation.id))
    case .send(let txID) where isReclaim(txID): try unit.start(SendReclaim(txID: txID, order: delegation.id))
    case .send(let txID): try unit.start(SendTransaction(txID: txID, order: delegation.id))
    case .rest(let txID) where isReclaim(txID): unit.withdraw(SendReclaim.self, orderKey: txID)
    case .rest(let txID): unit.withdraw(SendTransaction.self, orderKey: txID)
    case .reclaim(let legID, let after):
      try unit.start(
        ReclaimLeg(legID: legID, order: delegation.id), at: unit.now.addingTimeInterval(after.timeInterval))
    case .reclaimByHand(let legID):
      try unit.start(ReclaimLeg(legID: legID, order: delegation.id, isByHand: true))
    case .publish(let news, let seq): try publish(news, seq, unit)
    }
  }

  private func isReclaim(_ txID: String) -> Bool {
    transactions.contains { $0.purpose == .reclaim && $0.id.hex == txID }
  }

  /// Says again what was said last, with the same numbers: the answer to a repeated command.
  func repeatNews(to unit: UnitOfWork) throws {
    let seq = delegation.seq
    switch delegation.state {
    case .planned, .failing: break
    case .submitted: if let submitted = delegation.submittedSeq { try publish(.submitted, submitted, unit) }
    case .confirmed: try publish(.confirmed, delegation.confirmedSeq ?? seq, unit)
    case .final, .reclaiming:
      if let confirmed = delegation.confirmedSeq { try publish(.confirmed, confirmed, unit) }
      try publish(.final, seq, unit)
    case .failed: try publish(.failed, seq, unit)
    case .reclaimed: try publish(.reclaimed, seq, unit)
    }
  }

  private func publish(_ news: DelegationAction.News, _ seq: Int64, _ unit: UnitOfWork) throws {
    let order = delegation.id
    let correlation = delegation.correlation
    switch news {
    case .submitted:
      try unit.publish(DelegationSubmitted(order: order, legs: reported, seq: seq), correlation: correlation)
    case .confirmed:
      guard let startedAtMs = delegation.startedAtMs else {
        throw InvariantViolation("order \(order) is confirmed without a time")
      }
      try unit.publish(
        DelegationConfirmed(
          order: order, legs: reported, delivered: deliveredEnergy, startedAt: Date(chainMilliseconds: startedAtMs),
          seq: seq), correlation: correlation)
    case .reverted: try unit.publish(DelegationReverted(order: order, seq: seq), correlation: correlation)
    case .final:
      try unit.publish(
        DelegationFinal(
          order: order, delivered: deliveredEnergy,
          startedAt: delegation.startedAtMs.map { Date(chainMilliseconds: $0) }, seq: seq), correlation: correlation)
    case .failed:
      try unit.publish(
        DelegationFailed(
          order: order, reason: delegation.failure ?? .chainRefused, cost: delegation.cost, seq: seq),
        correlation: correlation)
    case .reclaimed:
      try unit.publish(
        DelegationReclaimed(order: order, txIDs: legs.compactMap(\.reclaimTxID), cost: delegation.cost, seq: seq),
        correlation: correlation)
    }
  }

  private var reported: [DelegationLeg] {
    toldLegs.compactMap { leg in
      guard let txID = leg.txID else { return nil }
      return DelegationLeg(
        supplier: leg.supplier, txID: txID, energy: leg.energy, stake: leg.stake, blockNumber: leg.blockNumber,
        blockTime: leg.blockTimeMs.map { Date(chainMilliseconds: $0) })
    }
  }
}
