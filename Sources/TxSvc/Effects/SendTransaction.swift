import BusKit
import Contracts
import Foundation
import TronKit

/// Sees one stored transaction into a block or proves it dead: sends its bytes to one node after another, each
/// sending recorded before the bytes leave (I10).
struct SendTransaction: Effect {
  static let kind = "tx.send"
  let txID: String
  let order: OrderID
  var orderKey: String { txID }

  static func run(_ effect: SendTransaction, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    guard let snapshot = try await world.sendable.read(effect.txID, context.bus) else { return .done() }
    guard let cursor = snapshot.cursor else { return .again(after: .milliseconds(500)) }
    let (transaction, sendings) = (snapshot.transaction, snapshot.sendings)
    let step = ShepherdStep.next(
      state: transaction.state, sendings: sendings, judges: world.nodes.wellNames,
      expirationMs: transaction.expirationMs, headTimeMs: cursor.timeMs, solidTimeMs: cursor.solidTimeMs,
      sinceLastSending: sendings.map(\.sentAt).max().map {
        .milliseconds(max(0, Int64(snapshot.now.timeIntervalSince($0) * 1000)))
      })
    switch step {
    case .finished: return .done()
    case .wait(let pause): return .again(after: pause)
    case .bury: return effect.bury(snapshot.receiver, world)
    case .settleExpired:
      return try await effect.settleExpired(
        transaction, snapshot.receiver, solidTimeMs: cursor.solidTimeMs, context, world)
    case .send:
      guard snapshot.mode.allows(transaction.purpose) else { return .again(after: .seconds(5)) }
      return try await effect.send(transaction, to: snapshot.receiver, after: sendings, context, world)
    }
  }

  // MARK: - Sending

  private func send(
    _ transaction: StoredTransaction, to receiver: TronAddress, after sendings: [Sending], _ context: EffectContext,
    _ world: TxEnvironment
  ) async throws -> EffectOutcome {
    let nodes = await Self.nodes(after: sendings, world.nodes)
    guard !nodes.isEmpty else { return .again(after: .seconds(1)) }
    let signed = try SignedTransaction(decoding: transaction.bytes)
    guard signed.id == transaction.id else {
      throw InvariantViolation("the stored bytes of transaction \(transaction.id) have the id \(signed.id)")
    }
    let broadcast = HedgedBroadcast { node in try await announce(node.name, transaction, context) }
    let answers = try await broadcast.send(signed, to: nodes)
    guard !answers.isEmpty else { return .again(after: .seconds(1)) }
    var outcomes: [Sending.Answer] = []
    for answer in answers {
      let (kind, code, message) = Self.reading(answer.outcome)
      context.bus.metrics.counter(
        "energy_tx_broadcasts_total", labels: [("outcome", kind.rawValue), ("code", code ?? "none")]
      ).increment()
      outcomes.append(.init(sendingID: answer.sendingID, outcome: kind, code: code, message: message))
    }
    return record(outcomes, receiver, world)
  }

  /// In the order in which they get the bytes. What was only refused so far goes to those that have yet to judge it.
  private static func nodes(after sendings: [Sending], _ pool: TronNodePool) async -> [TronNodeClient] {
    let usable = await pool.usableNodes()
    guard !usable.isEmpty else { return [] }
    if !sendings.isEmpty, sendings.allSatisfy({ $0.outcome == .rejected }) {
      let others = pool.wellNames.subtracting(sendings.map(\.node))
      return usable.filter { others.contains($0.name) }
    }
    let first = sendings.count % usable.count
    return Array(usable[first...] + usable[..<first])
  }

  /// Commits the row without which no byte leaves. nil when the transaction is no longer to be sent: it is dead or in a
  /// block, or signing was stopped. Whoever is frozen after this and wakes late sends bytes that everyone counts as
  /// sent.
  private func announce(
    _ node: String, _ transaction: StoredTransaction, _ context: EffectContext
  ) async throws -> String? {
    let id = UUID.v7().text
    // The order's row is what everybody locks first who declares a transaction dead. Were it not locked here, they
    // could read the sendings a moment before this one is committed, and wait for the transaction's row only then.
    let needs: [Need] = [
      .row(Delegation.self, order.text), .row(StoredTransaction.self, txID),
      .reading(SigningState.self, SigningState.key),
    ]
    return try await context.transaction(needs: needs) { unit in
      let mode = try unit.find(SigningState.self, SigningState.key)?.mode ?? .everything
      guard try unit.find(StoredTransaction.self, txID)?.state == .signed, mode.allows(transaction.purpose) else {
        return nil
      }
      try unit.save(Sending(id: id, txID: transaction.id, orderID: order, node: node, sentAt: unit.now))
      return id
    }
  }

  /// Writes the outcomes and, in the same transaction, the death of a transaction that was refused for good.
  private func record(
    _ answers: [Sending.Answer], _ receiver: TronAddress, _ world: TxEnvironment
  ) -> EffectOutcome {
    let effect = self
    let isRefused = answers.contains { $0.outcome == .rejected }
    let needs =
      isRefused
      ? DelegationCase.needs(order, to: receiver) + [.rows(Sending.self, where: "tx_id", is: txID)]
      : answers.map { .row(Sending.self, $0.sendingID) }
    let pause: Duration =
      if answers.contains(where: { $0.outcome == .accepted }) {
        ShepherdStep.resendAfter
      } else if isRefused {
        .milliseconds(20)
      } else {
        ShepherdStep.nextNodeAfter
      }
    return .again(after: pause, needs: needs) { unit in
      for answer in answers {
        guard var sending = try unit.find(Sending.self, answer.sendingID) else {
          throw InvariantViolation("the row of sending \(answer.sendingID) is gone")
        }
        sending.note(answer)
        try unit.save(sending)
      }
      if isRefused { try effect.buryIfRefused(unit, world) }
    }
  }

  /// A node's answer as its row keeps it.
  static func reading(_ outcome: BroadcastOutcome) -> (SendingOutcome, code: String?, message: String?) {
    switch outcome {
    case .accepted: (.accepted, nil, nil)
    case .rejected(let code, let message):
      (outcome.definitivelyRejected ? .rejected : .unknown, code.rawValue, message)
    case .unknown(let reason): (.unknown, nil, reason)
    }
  }

  // MARK: - Settling

  /// A sending may have been announced since: then nothing is buried. So the effect ends only after it has seen the
  /// transaction dead; none that may take effect is left alone.
  func bury(_ receiver: TronAddress, _ world: TxEnvironment) -> EffectOutcome {
    let effect = self
    let needs = DelegationCase.needs(order, to: receiver) + [.rows(Sending.self, where: "tx_id", is: txID)]
    return .again(after: .milliseconds(20), needs: needs) { unit in
      try effect.buryIfRefused(unit, world)
    }
  }

  private func buryIfRefused(_ unit: UnitOfWork, _ world: TxEnvironment) throws {
    guard let before = try DelegationCase.load(order, from: unit, isSharing: true),
      let transaction = before.transactions.first(where: { $0.id.hex == txID }),
      case .refused(let rejection) = SendingVerdict.of(
        transaction.state, try unit.all(Sending.self) { $0.txID == transaction.id }, judges: world.nodes.wellNames)
    else { return }
    var delegation = before
    let terms = try DelegationCase.terms(unit, world.limits)
    try delegation.refused(transaction.id, rejection, terms)
    try delegation.settle(terms)
    try delegation.save(over: before, to: unit)
  }

  private func settleExpired(
    _ transaction: StoredTransaction, _ receiver: TronAddress, solidTimeMs: Int64, _ context: EffectContext,
    _ world: TxEnvironment
  ) async throws -> EffectOutcome {
    let effect = self
    let bus = context.bus
    let finding = try await ChainSearch.find(transaction, world.nodes) { try await FollowedBlock.isFollowed($0, bus) }
    switch finding {
    case .nodeLags:
      return .again(
        after: ShepherdStep.searchAgainAfter(expirationMs: transaction.expirationMs, solidTimeMs: solidTimeMs))
    case .present(let block, let timeMs, let result):
      context.bus.logger.warning(
        "a transaction was found that the followed blocks did not show",
        metadata: ["tx": "\(transaction.id)", "block": "\(block.number)"])
      return .done(needs: DelegationCase.needs(order)) { unit in
        guard let before = try DelegationCase.load(effect.order, from: unit),
          before.transactions.first(where: { $0.id == transaction.id })?.state == .signed
        else { return }
        var delegation = before
        try delegation.inBlock(transaction.id, block: block, timeMs: timeMs, result: result)
        try delegation.settle(try DelegationCase.terms(unit, world.limits))
        try delegation.save(over: before, to: unit)
      }
    case .absent:
      return .done(needs: DelegationCase.needs(order, to: receiver)) { unit in
        guard let before = try DelegationCase.load(effect.order, from: unit, isSharing: true),
          before.transactions.first(where: { $0.id == transaction.id })?.state == .signed
        else { return }
        var delegation = before
        let terms = try DelegationCase.terms(unit, world.limits)
        try delegation.died(transaction.id, note: "expired and absent from the solid chain", as: .buildAnew, terms)
        try delegation.settle(terms)
        try delegation.save(over: before, to: unit)
      }
    }
  }
}
