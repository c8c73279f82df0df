import Contracts
import Foundation
import TronKit

/// Collects addresses until a plan is full, and writes it. Pure: what it asks the bus for is given to it.
struct SweepDraft: Sendable {
  /// Reasons of more addresses are counted only.
  static let obstaclesShown = 100

  let settings: SweepSettings
  let fees: SweepFees
  let products: [Product]
  /// Addresses for which something is done.
  private(set) var chosen: [(source: SweepSource, decision: SweepDecision)] = []
  private(set) var obstacles: [String] = []
  private(set) var obstacleCount = 0
  private(set) var transactionCount = 0
  /// An address did not fit any more: it, and what follows, is for the next plan.
  private(set) var isFull = false

  init(_ settings: SweepSettings, _ reference: TransactionReferenceView, _ products: [Product]) throws {
    self.settings = settings
    self.products = products
    fees = try SweepFees(reference)
  }

  mutating func add(_ source: SweepSource) throws {
    guard !isFull else { return }
    let address = source.entry.address
    guard address == source.balance.address else {
      throw SweepRefusal(.notAPlan, "asked for \(address), the answer was of \(source.balance.address)")
    }
    guard address != settings.treasury, address != settings.funder else {
      throw SweepRefusal(
        .otherTreasury, "\(address) is a customer's deposit address: it cannot be the treasury or pay for sweeps")
    }
    let decision = try SweepDecision(source, settings, fees, products)
    guard transactionCount + decision.transactionCount <= settings.transactionsMax else {
      isFull = true
      return
    }
    for obstacle in decision.obstacles {
      obstacleCount += 1
      if obstacles.count < Self.obstaclesShown { obstacles.append("\(address): \(obstacle)") }
    }
    guard decision.transactionCount > 0 else { return }
    transactionCount += decision.transactionCount
    chosen.append((source, decision))
  }

  /// - Throws: `SweepRefusal` when nothing is to be done.
  func plan(id: UUID, createdAt: Date) throws -> SweepPlan {
    guard !chosen.isEmpty else {
      throw SweepRefusal(.nothingToDo, "no deposit address has anything that is worth sweeping")
    }
    let reference = fees.reference
    var maker = Maker(settings: settings, reference: reference)
    for (source, decision) in chosen {
      if let funding = decision.funding { try maker.add(funding, source) }
    }
    for (source, decision) in chosen {
      if let tokens = decision.tokens { try maker.add(tokens, source) }
      if let coins = decision.coins { try maker.add(coins, source) }
    }
    let keys = Set(chosen.map { [String($0.source.entry.place.generation), $0.source.entry.fingerprint] })
    return try SweepPlan(
      version: SweepPlan.versionKnown, id: id.uuidString.lowercased(),
      createdAt: Date(timeIntervalSince1970: createdAt.timeIntervalSince1970.rounded(.down)), expiresAt: createdAt,
      expirationMs: maker.expirationMs, token: reference.token, referenceBlock: reference.referenceBlock,
      treasury: settings.treasury, funder: settings.funder,
      keys: keys.compactMap { key in Int64(key[0]).map { SweepPlan.Key(generation: $0, fingerprint: key[1]) } }
        .sorted { ($0.generation, $0.fingerprint) < ($1.generation, $1.fingerprint) },
      steps: [], totals: .none, orders: orders(id), transactions: maker.transactions, digest: ""
    ).sealed()
  }

  private func orders(_ id: UUID) -> [SweepPlan.Order] {
    chosen.compactMap { source, decision in
      guard let lending = decision.tokens?.lending else { return nil }
      return SweepPlan.Order(
        idempotencyKey: "sweep-\(id.uuidString.lowercased())-\(source.entry.address)",
        request: .init(
          receiver: source.entry.address, energy: lending.energy, durationSeconds: lending.durationSeconds,
          maxPriceSun: lending.price),
        costEstimate: lending.cost)
    }
  }
}

extension SweepDraft {
  /// Writes the transactions, each with a timestamp of its own.
  private struct Maker {
    let settings: SweepSettings
    let reference: TransactionReferenceView
    var transactions: [SweepPlan.Transaction] = []
    var expirationMs: Int64 { reference.headTimeMs + settings.lifetimeSeconds * 1000 }

    mutating func add(_ funding: SweepDecision.Funding, _ source: SweepSource) throws {
      try add(
        funding.isActivation ? .activate : .fund, .trx, funding.amount.value, source, fee: funding.fee, limit: .zero)
    }

    mutating func add(_ tokens: SweepDecision.Tokens, _ source: SweepSource) throws {
      try add(.sweep, .usdt, tokens.amount, source, fee: tokens.fee, limit: tokens.feeLimit)
    }

    mutating func add(_ coins: SweepDecision.Coins, _ source: SweepSource) throws {
      try add(.sweep, .trx, coins.amount.value, source, fee: coins.fee, limit: .zero)
    }

    private mutating func add(
      _ purpose: SweepPlan.Purpose, _ currency: Currency, _ units: Int64, _ source: SweepSource, fee: Sun, limit: Sun
    ) throws {
      let entry = source.entry
      let from = purpose.isOfDeposits ? entry.address : settings.funder
      let to = purpose.isOfDeposits ? settings.treasury : entry.address
      let timestampMs = reference.headTimeMs + Int64(transactions.count)
      let raw = try SweepPlan.raw(
        referencing: reference.referenceBlock, expirationMs: expirationMs, timestampMs: timestampMs, feeLimit: limit,
        contract: try SweepPlan.contract(currency, from: from, to: to, units: units, token: reference.token))
      let bytesMax = currency == .trx ? SweepFees.transferBytes : SweepFees.tokenBytes
      guard raw.bandwidth() <= bytesMax else {
        throw SweepRefusal(
          .limit, "the transaction of \(entry.address) takes \(raw.bandwidth()) bytes, more than was counted on")
      }
      transactions.append(
        SweepPlan.Transaction(
          number: 0, purpose: purpose, currency: currency, from: from, to: to, amount: "", units: units,
          generation: entry.place.generation, fingerprint: entry.fingerprint, index: entry.place.index, path: "",
          feeEstimate: fee, feeLimit: limit, timestampMs: timestampMs, txid: raw.id,
          rawDataHex: Hex.encode(raw.encoded())))
    }
  }
}
