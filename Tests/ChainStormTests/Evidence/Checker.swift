import Contracts

/// Compares what the tables, the chain and the customers of a finished run say. It knows nothing of tx-svc's code:
/// plain rows, plain chain data, and the rules.
struct Checker {
  let database: DatabaseSnapshot
  let chain: ChainSnapshot
  let orders: [OrderRecord]

  private let legs: [String: DatabaseSnapshot.Leg]
  private let rows: [String: DatabaseSnapshot.Transaction]
  /// The movements of each leg, as far as a row explains them.
  private let delegations: [String: [ChainSnapshot.Movement]]
  private let reclaims: [String: [ChainSnapshot.Movement]]

  init(database: DatabaseSnapshot, chain: ChainSnapshot, orders: [OrderRecord]) {
    self.database = database
    self.chain = chain
    self.orders = orders
    legs = Dictionary(database.legs.map { ($0.id, $0) }) { first, _ in first }
    let rows = Dictionary(database.transactions.map { ($0.id, $0) }) { first, _ in first }
    self.rows = rows
    var delegations: [String: [ChainSnapshot.Movement]] = [:]
    var reclaims: [String: [ChainSnapshot.Movement]] = [:]
    for movement in chain.movements {
      guard let row = rows[movement.txID] else { continue }
      if movement.isDelegate {
        delegations[row.leg, default: []].append(movement)
      } else {
        reclaims[row.leg, default: []].append(movement)
      }
    }
    self.delegations = delegations
    self.reclaims = reclaims
  }

  /// Everything that is wrong; empty after a good run.
  func findings() -> [Finding] {
    movements() + perLeg() + perOrder() + announcements() + wallets() + ledger() + leftovers()
  }

  /// Where the tables and the chain differ on what is lent: also between two orders, when nothing is on its way.
  func ledger() -> [Finding] {
    var leased: [ChainSnapshot.Pair: Int64] = [:]
    for leg in database.legs where ["in_block", "solid", "reclaiming"].contains(leg.state) {
      leased[.init(from: leg.supplier, to: leg.receiver), default: 0] += leg.stake
    }
    let pairs = Set(leased.keys).union(chain.lent.keys)
    var findings = pairs.filter { leased[$0, default: 0] != chain.lent[$0, default: 0] }.map { pair in
      Finding(
        kind: .ledgerDiffers, subject: "\(pair.from) to \(pair.to)",
        detail: "the legs lend \(leased[pair, default: 0]) sun, the chain \(chain.lent[pair, default: 0])")
    }
    for wallet in database.wallets {
      let lent = chain.wallets[wallet.address]?.lent ?? 0
      if wallet.delegated != lent {
        findings.append(
          Finding(
            kind: .ledgerDiffers, subject: wallet.address,
            detail: "\(wallet.delegated) sun count as delegated, the chain lends \(lent)"))
      }
    }
    return findings
  }

  // MARK: - From the chain's side

  private func movements() -> [Finding] {
    let moved = Set(chain.movements.map(\.txID))
    var findings = chain.supplierTransactions.filter { !moved.contains($0) && rows[$0] == nil }.map {
      Finding(kind: .unexplainedTransaction, subject: $0, detail: "a supplier's, and no delegation")
    }
    for movement in chain.movements where chain.wallets[movement.from] != nil {
      let what = "\(movement.isDelegate ? "delegates" : "takes back") \(movement.sun) sun, block \(movement.block)"
      guard let row = rows[movement.txID], let leg = legs[row.leg] else {
        findings.append(Finding(kind: .unexplainedTransaction, subject: movement.txID, detail: what))
        continue
      }
      if row.state == "dead" {
        findings.append(Finding(kind: .deadOnChain, subject: movement.txID, detail: "\(what); order \(row.order)"))
      }
      let isSame =
        leg.supplier == movement.from && leg.receiver == movement.to && leg.stake == movement.sun
        && (row.purpose == "delegate") == movement.isDelegate
      if !isSame {
        findings.append(
          Finding(kind: .anotherMovement, subject: movement.txID, detail: "\(what); the leg: \(leg), \(row.purpose)"))
      }
    }
    return findings
  }

  // MARK: - From the legs' side

  private func perLeg() -> [Finding] {
    database.legs.flatMap { leg -> [Finding] in
      let given = delegations[leg.id] ?? []
      let taken = reclaims[leg.id] ?? []
      var findings: [Finding] = []
      if given.count > 1 { findings.append(finding(.doubleDelegation, leg, given)) }
      if taken.count > 1 { findings.append(finding(.doubleReclaim, leg, taken)) }
      if given.count > taken.count { findings.append(finding(.lostReclaim, leg, given)) }
      if leg.state == "reclaimed", given.isEmpty { findings.append(finding(.missingDelegation, leg, taken)) }
      if leg.state == "dead", !given.isEmpty { findings.append(finding(.halfWay, leg, given)) }
      return findings
    }
  }

  private func finding(
    _ kind: Finding.Kind, _ leg: DatabaseSnapshot.Leg, _ movements: [ChainSnapshot.Movement]
  ) -> Finding {
    let list = movements.map { "\($0.txID) in block \($0.block)" }.joined(separator: ", ")
    return Finding(kind: kind, subject: leg.id, detail: "\(leg.state), \(leg.stake) sun; on chain: [\(list)]")
  }

  // MARK: - From the customers' side

  private func perOrder() -> [Finding] {
    let states = Dictionary(database.orders.map { ($0.id, $0) }) { first, _ in first }
    let legs = Dictionary(grouping: database.legs, by: \.order)
    return orders.flatMap { order in
      ends(order, states[order.id]) + delivery(order, (legs[order.id] ?? []).filter { $0.state != "dead" })
    }
  }

  private func ends(_ order: OrderRecord, _ row: DatabaseSnapshot.Order?) -> [Finding] {
    var findings: [Finding] = []
    func found(_ kind: Finding.Kind, _ detail: String) {
      findings.append(Finding(kind: kind, subject: order.id, detail: detail))
    }
    if !order.isTerminal { found(.noEnd, "told \(order.told); the table says \(row?.state ?? "nothing")") }
    if order.failure != nil, order.isReclaimed || order.isFinal { found(.twoEnds, "told \(order.told)") }
    let expected = order.failure != nil ? "failed" : order.isReclaimed ? "reclaimed" : nil
    if let expected, row?.state != expected {
      found(.toldOtherwise, "told \(expected); the table says \(row?.state ?? "nothing")")
    }
    if order.mustFail != nil, order.isFinal || order.isReclaimed { found(.wronglyDelivered, "told \(order.told)") }
    return findings
  }

  /// - Parameter live: the order's legs that were not buried.
  private func delivery(_ order: OrderRecord, _ live: [DatabaseSnapshot.Leg]) -> [Finding] {
    guard order.isFinal || order.isReclaimed else { return [] }
    var findings: [Finding] = []
    func found(_ kind: Finding.Kind, _ detail: String) {
      findings.append(Finding(kind: kind, subject: order.id, detail: detail))
    }
    let given = live.flatMap { delegations[$0.id] ?? [] }
    let taken = live.flatMap { reclaims[$0.id] ?? [] }
    if given.isEmpty { found(.missingDelegation, "told \(order.told), nothing on chain") }
    let energy = given.reduce(Int64(0)) { $0 + self.energy(for: $1.sun) }
    if !given.isEmpty, energy < order.energy {
      found(.underDelivered, "\(energy) of \(order.energy) energy on chain")
    }
    guard let startedAtMs = given.map(\.timeMs).max() else { return findings }
    if let told = order.startedAtMs, told != startedAtMs {
      found(.anotherStart, "told \(told), on chain \(startedAtMs)")
    }
    let endsAtMs = startedAtMs + order.durationSeconds * 1000
    for reclaim in taken where reclaim.timeMs < endsAtMs {
      found(.earlyReclaim, "\(reclaim.txID) at \(reclaim.timeMs), \(endsAtMs - reclaim.timeMs) ms before the end")
    }
    if order.isReclaimed {
      for case .reclaimed(let told) in order.news.values where Set(told) != Set(taken.map(\.txID)) {
        found(.toldOtherwise, "told the reclaims \(told), on chain \(taken.map(\.txID))")
      }
    }
    return findings
  }

  /// What staked sun brings, as java-tron counts it.
  private func energy(for sun: Int64) -> Int64 {
    guard chain.energyWeight > 0 else { return 0 }
    return Int64(Double(sun) / 1_000_000 * (Double(chain.energyLimit) / Double(chain.energyWeight)))
  }

  // MARK: - The rows that must come first

  private func announcements() -> [Finding] {
    let sent = Dictionary(database.sendings.map { ($0.txID, $0.sentAtMs) }) { min($0, $1) }
    return chain.movements.compactMap { movement in
      guard chain.wallets[movement.from] != nil, rows[movement.txID] != nil else { return nil }
      if let sentAtMs = sent[movement.txID], sentAtMs <= movement.timeMs { return nil }
      let when = sent[movement.txID].map { "at \($0), after its block's \(movement.timeMs)" } ?? "never"
      return Finding(kind: .unannounced, subject: movement.txID, detail: "its sending was recorded \(when)")
    }
  }

  // MARK: - Sums

  private func wallets() -> [Finding] {
    var findings: [Finding] = []
    func found(_ kind: Finding.Kind, _ wallet: String, _ detail: String) {
      findings.append(Finding(kind: kind, subject: wallet, detail: detail))
    }
    for wallet in database.wallets {
      if wallet.reserved != 0 { found(.reservedForEver, wallet.address, "\(wallet.reserved) sun") }
      if wallet.delegated != 0 { found(.delegatedForEver, wallet.address, "\(wallet.delegated) sun") }
    }
    var lent: [String: Int64] = [:]
    for movement in chain.movements {
      lent[movement.from, default: 0] += movement.isDelegate ? movement.sun : -movement.sun
    }
    for (address, wallet) in chain.wallets.sorted(by: { $0.key < $1.key }) {
      if wallet.lent != 0 || lent[address, default: 0] != 0 {
        found(.chainStillLends, address, "\(wallet.lent) sun; its blocks add up to \(lent[address, default: 0])")
      }
      if wallet.stake != chain.stakeAtStart {
        found(.stakeChanged, address, "\(wallet.stake) sun, not \(chain.stakeAtStart)")
      }
    }
    return findings
  }

  private func leftovers() -> [Finding] {
    database.pendingEffects.map { Finding(kind: .pendingWork, subject: $0, detail: "still to be done") }
      + database.deadEffects.map { Finding(kind: .deadWork, subject: $0, detail: "given up") }
      + database.strandedMessages.map { Finding(kind: .strandedMessage, subject: $0, detail: "not delivered") }
  }
}
