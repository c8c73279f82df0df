import BusKit
import Contracts
import Foundation
import TronKit

/// Carries out what `OrderTransitions` decides, in the transaction of the message, or of the time, that caused it.
struct OrderProcess: Sendable {
  let settings: OrderSettings

  /// - Parameters:
  ///   - order: the order as loaded, with the message's sequence number noted; for a new order as it would be inserted.
  ///   - exists: false for a new order.
  func apply(_ input: OrderInput, to order: OrderRow, exists: Bool = true, _ unit: UnitOfWork) throws {
    let decision = OrderTransitions.decide(exists ? order.state : nil, on: input, withdrawal: order.withdrawal)
    switch decision {
    case .move(let state, let actions):
      try move(order, to: state, actions, from: exists ? order.state : nil, unit)
    case .keep(let actions):
      var kept = order
      for action in actions { try perform(action, on: &kept, unit) }
      try unit.save(kept)
    case .ignore:
      try unit.save(order)
    case .later(let reason):
      throw TransientFailure("\(input.kind.rawValue) for \(order.id) in \(order.state.rawValue): \(reason.rawValue)")
    case .error(let reason):
      throw Self.violation(input.kind, order.id, exists ? order.state.rawValue : "no state", reason)
    }
  }

  /// An input for an order that nobody has placed here. CancelOrder is answered by its handler.
  static func unknown(_ kind: OrderInput.Kind, _ id: OrderID) -> InvariantViolation {
    violation(kind, id, "no state", .unknownOrder)
  }

  private static func violation(
    _ kind: OrderInput.Kind, _ id: OrderID, _ state: String, _ reason: OrderDecision.Reason
  ) -> InvariantViolation {
    InvariantViolation(
      "\(kind.rawValue) reached order \(id) in \(state): \(reason.rawValue). "
        + "Compare the order with `energyctl order show`.")
  }

  private func move(
    _ order: OrderRow, to state: OrderState, _ actions: [OrderAction], from previous: OrderState?, _ unit: UnitOfWork
  ) throws {
    var moved = order
    moved.state = state
    if previous != state {
      moved.deadlineSeq = nil
      moved.dueAt = nil
      moved.incidents = 0
    }
    for action in actions { try perform(action, on: &moved, unit) }
    // The same news again: remembered as seen, and told to nobody.
    guard previous == nil || moved.view != order.view else { return try unit.save(moved) }
    moved.seq += 1
    moved.updatedAt = unit.now
    let isAnswered = state != .placed && (previous == nil || previous == .placed)
    let answerTo = moved.replyTo
    if isAnswered { moved.replyTo = "" }
    try unit.save(moved)
    let change = OrderChanged(order: moved.view, previous: previous, seq: moved.seq)
    try send(change, of: moved, unit)
    if isAnswered { try unit.reply(change, to: answerTo, correlation: moved.id.text) }
  }

  private func perform(_ action: OrderAction, on order: inout OrderRow, _ unit: UnitOfWork) throws {
    switch action {
    case .holdFunds:
      order.hold = .asked
      try send(HoldFunds(order: order.id, customer: order.customer, amount: order.price), of: order, unit)
    case .releaseHold:
      order.hold = .released
      try send(ReleaseHold(order: order.id, customer: order.customer), of: order, unit)
    case .captureHold(let delivered):
      order.delivered = delivered
      order.charged = Pricing.charge(price: order.price, ordered: order.energy, delivered: delivered)
      order.hold = .captured
      try send(CaptureHold(order: order.id, customer: order.customer, amount: order.charged), of: order, unit)
    case .delegate: try send(delegation(of: order, unit), of: order, unit)
    case .withdraw(let wish):
      order.withdrawal = wish
      try send(WithdrawDelegation(order: order.id), of: order, unit)
    case .noteCancel: order.withdrawal = .byCustomer
    case .askDelegation: try send(WithdrawDelegation(order: order.id), of: order, unit)
    case .recordTransactions(let txs): order.delegateTxs = txs
    case .recordDelivery(let txs, let startedAt):
      order.delegateTxs = txs
      Self.start(&order, at: startedAt)
    case .recordStart(let startedAt): Self.start(&order, at: startedAt)
    case .forgetDelivery:
      order.deliveredAt = nil
      order.endsAt = nil
    case .scheduleEnd: order.dueAt = try order.end
    case .reclaim: try send(reclaim(of: order), of: order, unit)
    case .recordReclaim(let txs): order.reclaimTxs = txs
    case .bookCost(let cost):
      order.cost = cost
      if cost > .zero { try send(BookOrderCost(order: order.id, cost: cost), of: order, unit) }
    case .recordFailure(let reason): order.failure = reason
    case .setDeadline: try setDeadline(of: &order, unit)
    case .incident:
      order.incidents += 1
      try unit.start(TellOverdue(order: order.id, state: order.state, times: order.incidents))
    case .answerCancel(let answer): try Self.answer(answer, order.id, unit)
    case .answerOrder:
      try unit.reply(
        OrderChanged(order: order.view, previous: order.state, seq: order.seq), to: unit.cause?.replyTo ?? "",
        correlation: order.id.text)
    case .rememberSender:
      if let sender = unit.cause?.replyTo, !sender.isEmpty { order.replyTo = sender }
    }
  }

  private static func start(_ order: inout OrderRow, at startedAt: Date) {
    order.deliveredAt = startedAt
    order.endsAt = RentalPeriod.end(startedAt: startedAt, durationSeconds: order.durationSeconds)
  }

  private func setDeadline(of order: inout OrderRow, _ unit: UnitOfWork) throws {
    guard let length = settings.deadlines.length(in: order.state) else {
      throw InvariantViolation("no deadline belongs to state \(order.state.rawValue) of order \(order.id)")
    }
    // A message of the release before that carries another deadline is stale from here on.
    order.deadlineSeq = nil
    order.dueAt = unit.now.addingTimeInterval(length.timeInterval)
  }

  /// What no message has caused is told apart by its order.
  private func send<M: Message>(_ message: M, of order: OrderRow, _ unit: UnitOfWork) throws {
    try unit.publish(message, correlation: unit.cause == nil ? order.id.text : nil)
  }

  private func delegation(of order: OrderRow, _ unit: UnitOfWork) -> DelegateEnergy {
    DelegateEnergy(
      order: order.id, customer: order.customer, receiver: order.receiver, energy: order.energy,
      durationSeconds: order.durationSeconds,
      deadline: unit.now.addingTimeInterval(settings.deadlines.delegating.timeInterval),
      seal: .delegate(
        order: order.id, customer: order.customer, receiver: order.receiver, energy: order.energy,
        durationSeconds: order.durationSeconds, key: settings.sealKey))
  }

  private func reclaim(of order: OrderRow) throws -> ReclaimEnergy {
    let endsAt = try order.end
    return ReclaimEnergy(
      order: order.id, receiver: order.receiver, endsAt: endsAt,
      seal: .reclaim(order: order.id, receiver: order.receiver, endsAt: endsAt, key: settings.sealKey))
  }

  static func answer(_ answer: OrderAction.CancelAnswer, _ order: OrderID, _ unit: UnitOfWork) throws {
    let detail =
      switch answer {
      case .accepted: "order \(order) is cancelled, or will be unless its energy is already on chain"
      case .tooLate: "order \(order) can no longer be cancelled"
      case .notFound: "there is no order \(order)"
      }
    try unit.answer(CommandResult(ok: answer == .accepted, code: answer.rawValue, detail: detail))
  }
}
