import BusKit
import Contracts
import Foundation
import TronKit

/// One order's delegation with everything that moves with it: legs, transactions, and the wallets' promises. A value
/// machine: each method applies one fact, `settle` draws the conclusion, and `actions` says what has to follow.
///
/// Money and promises move only here: a leg's sun is in its wallet's `reserved` from planning until the wallet's
/// figures show it, and in `delegated` while it lies on chain.
struct DelegationCase: Sendable {
  struct Terms: Sendable {
    let limits: SigningLimits
    /// nil: the ratio is unknown or too old, so nothing can be planned.
    let ratio: StakeRatio?
    let mode: SetSigning.Mode
    let now: Date
  }

  var delegation: Delegation
  var legs: [Leg]
  var transactions: [StoredTransaction]
  var wallets: [TronAddress: SupplierWallet]
  /// Wallets that lend to the receiver for other orders; as far as this unit knows, which is enough for a preference.
  var shared: Set<TronAddress> = []
  private(set) var actions: [DelegationAction] = []

  init(
    delegation: Delegation, legs: [Leg] = [], transactions: [StoredTransaction] = [],
    wallets: [TronAddress: SupplierWallet] = [:]
  ) {
    self.delegation = delegation
    self.legs = legs
    self.transactions = transactions
    self.wallets = wallets
  }

  mutating func act(_ action: DelegationAction) {
    if !actions.contains(action) { actions.append(action) }
  }

  /// Starts a reclaim unless one is about to start: a refused one waits before its next try.
  mutating func reclaimOnce(_ legID: String, after pause: Duration = .zero) {
    let isComing = actions.contains {
      switch $0 {
      case .reclaim(legID: legID, after: _), .reclaimByHand(legID: legID): true
      default: false
      }
    }
    if !isComing { actions.append(.reclaim(legID: legID, after: pause)) }
  }

  mutating func tell(_ news: DelegationAction.News) {
    delegation.seq += 1
    switch news {
    case .submitted: delegation.submittedSeq = delegation.seq
    case .confirmed: delegation.confirmedSeq = delegation.seq
    case .reverted, .final, .failed, .reclaimed: break
    }
    actions.append(.publish(news, seq: delegation.seq))
  }

  // MARK: - Looking things up

  func index(ofLeg id: String) throws -> Int {
    guard let index = legs.firstIndex(where: { $0.id == id }) else {
      throw InvariantViolation("order \(delegation.id) has no leg \(id)")
    }
    return index
  }

  func index(ofTransaction id: TransactionID) throws -> Int {
    guard let index = transactions.firstIndex(where: { $0.id == id }) else {
      throw InvariantViolation("order \(delegation.id) has no transaction \(id)")
    }
    return index
  }

  var liveLegs: [Leg] { legs.filter(\.state.isLive) }
  /// What other services are told of. A leg whose end has come was delivered all the same: news that are said again
  /// while some legs are taken back already must be the same news.
  var toldLegs: [Leg] {
    let isEnding = delegation.state == .reclaiming || delegation.state == .reclaimed
    return legs.filter { $0.state.isLive || (isEnding && $0.state == .reclaimed) }
  }

  var deliveredEnergy: Energy {
    Energy(toldLegs.filter { $0.state.isOnChain || $0.state == .reclaimed }.reduce(0) { $0 + $1.energy.value })
  }

  // MARK: - The conclusion

  /// Brings the order's state in line with its legs.
  mutating func settle(_ terms: Terms) throws {
    switch delegation.state {
    case .planned, .submitted, .confirmed: try settleDelivery(terms)
    case .failing: try settleFailing()
    case .reclaiming:
      if liveLegs.isEmpty {
        delegation.state = .reclaimed
        tell(.reclaimed)
      }
    case .final, .failed, .reclaimed: break
    }
  }

  private mutating func settleDelivery(_ terms: Terms) throws {
    let mayStart = !delegation.isWithdrawn && delegation.failure == nil && terms.now < delegation.deadline
    if !mayStart { try dropPlanned("delivery was stopped") }
    let missing = Energy(delegation.energy.value - liveLegs.reduce(0) { $0 + $1.energy.value })
    if missing > .zero {
      let refusal: OrderFailure? = mayStart ? try plan(missing, terms) : stopReason(terms.now)
      if let refusal {
        if delegation.failure == nil { delegation.failure = refusal }
        if delegation.state == .confirmed { tell(.reverted) }
        delegation.state = .failing
        return try settleFailing()
      }
    }
    let live = liveLegs
    if live.contains(where: { $0.state == .planned || $0.state == .signed }) {
      if delegation.state == .confirmed {
        delegation.state = .submitted
        tell(.reverted)
      }
      return
    }
    if delegation.state != .confirmed {
      delegation.state = .confirmed
      delegation.startedAtMs = live.compactMap(\.blockTimeMs).max()
      tell(.confirmed)
    }
    if live.allSatisfy({ $0.state == .solid }) {
      delegation.state = .final
      tell(.final)
    }
  }

  /// A failing order keeps nothing: what is not signed is dropped, what is solid is taken back, the rest is waited for.
  private mutating func settleFailing() throws {
    try dropPlanned("the order fails")
    for leg in legs where leg.state == .solid { reclaimOnce(leg.id) }
    if liveLegs.isEmpty {
      delegation.state = .failed
      tell(.failed)
    }
  }

  private func stopReason(_ now: Date) -> OrderFailure {
    if let failure = delegation.failure { return failure }
    return now >= delegation.deadline ? .deadline : .cancelledByCustomer
  }

  // MARK: - Planning

  /// Reserves sun for the missing energy and records the legs; answers why it cannot.
  private mutating func plan(_ energy: Energy, _ terms: Terms) throws -> OrderFailure? {
    guard terms.mode.allows(.delegate) else { return .signingPaused }
    guard let ratio = terms.ratio else { return .poolEmpty }
    let limits = terms.limits
    let open = wallets.values.filter { limits.mayLend($0, now: terms.now) && $0.address != delegation.receiver }
    let planner = LegPlanner(
      ratio: ratio, marginPermille: limits.marginPermille, legsMax: limits.legsMax, strategy: limits.choice.strategy)
    let offers = open.map {
      LegPlanner.Offer(
        supplier: $0.address, available: min($0.available, limits.stakePerTransactionMax),
        isShared: shared.contains($0.address))
    }
    guard let planned = try planner.plan(energy, offers: offers) else {
      // What came back may be more than the last figures show.
      for wallet in wallets.values where wallet.isEnabled { try refreshSoon(wallet.address, terms.now) }
      return .poolEmpty
    }
    guard delegation.legsPlanned + planned.count <= limits.legsPlannedMax else { return .chainRefused }
    for part in planned {
      delegation.legsPlanned += 1
      legs.append(
        Leg(
          id: "\(delegation.id)/\(delegation.legsPlanned)", orderID: delegation.id, supplier: part.supplier,
          energy: part.energy, stake: part.stake, state: .planned, reservedBy: nil, isCounted: false))
      try reserve(legs.count - 1)
    }
    act(.prepare)
    return nil
  }

  /// Planned legs that a changed ratio has made too small, or that nobody waits for, give back their sun.
  mutating func dropPlanned(_ note: String) throws {
    for index in legs.indices where legs[index].state == .planned { try bury(index, note: note) }
  }

  // MARK: - Promises

  mutating func reserve(_ index: Int) throws {
    guard legs[index].reservedBy == nil else { return }
    let supplier = legs[index].supplier
    let stake = legs[index].stake
    try changeWallet(supplier) {
      $0.reserved = try $0.reserved.adding(stake)
      $0.rentalsLeft = $0.rentalsLeft.map { max(0, $0 - 1) }
    }
    legs[index].reservedBy = supplier
  }

  mutating func unreserve(_ index: Int) throws {
    guard let supplier = legs[index].reservedBy else { return }
    let stake = legs[index].stake
    try changeWallet(supplier) { $0.reserved = try $0.reserved.subtracting(stake) }
    legs[index].reservedBy = nil
  }

  mutating func count(_ index: Int, _ isCounted: Bool) throws {
    guard legs[index].isCounted != isCounted else { return }
    let stake = legs[index].stake
    try changeWallet(legs[index].supplier) {
      $0.delegated = isCounted ? try $0.delegated.adding(stake) : try $0.delegated.subtracting(stake)
    }
    legs[index].isCounted = isCounted
  }

  mutating func bury(_ index: Int, note: String) throws {
    if legs[index].state == .planned {
      // Nothing was signed for it: its fees pay for another.
      try changeWallet(legs[index].supplier) { $0.rentalsLeft = $0.rentalsLeft.map { $0 + 1 } }
    }
    try unreserve(index)
    try count(index, false)
    legs[index].state = .dead
    legs[index].note = note
  }

  mutating func changeWallet(_ address: TronAddress, _ change: (inout SupplierWallet) throws -> Void) throws {
    guard var wallet = wallets[address] else {
      throw InvariantViolation("supplier wallet \(address) of order \(delegation.id) is missing")
    }
    try change(&wallet)
    guard wallet.reserved >= .zero, wallet.delegated >= .zero else {
      throw InvariantViolation("supplier wallet \(address): reserved or delegated sun would fall below zero")
    }
    wallets[address] = wallet
  }
}
