import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// Orders that an operator looks after by hand.
enum SettlementHandlers {
  // MARK: - RetryDelegation

  static func needs(_ command: RetryDelegation) -> [Need] {
    DelegationCase.needs(command.order) + [.row(OperatorRecord.self, command.action.key)]
  }

  static func retry(_ command: RetryDelegation, _ unit: UnitOfWork, _ world: TxEnvironment) throws {
    let replyTo = unit.cause?.replyTo ?? ""
    let correlation = unit.cause?.correlation ?? ""
    let subject = command.order.text
    if let earlier = try OperatorWork.earlier(
      command.action, command: RetryDelegation.messageType, subject: subject, unit)
    {
      return try unit.reply(earlier, to: replyTo, correlation: correlation)
    }
    let (ok, code, detail) = try startAgain(command.order, unit, world)
    let record = OperatorRecord(
      id: command.action.key, command: RetryDelegation.messageType, subject: subject, ok: ok, code: code,
      detail: detail, at: unit.now)
    try OperatorWork.conclude(record, action: command.action, replyTo: replyTo, correlation: correlation, unit)
  }

  private static func startAgain(
    _ order: OrderID, _ unit: UnitOfWork, _ world: TxEnvironment
  ) throws -> (ok: Bool, code: String, detail: String) {
    guard let before = try DelegationCase.load(order, from: unit) else {
      return (false, "not_found", "there is no delegation of order \(order)")
    }
    var delegation = before
    let started = delegation.startAgain()
    try delegation.settle(try DelegationCase.terms(unit, world.limits))
    try delegation.save(over: before, to: unit)
    if started.isEmpty, delegation.delegation == before.delegation {
      return (true, "unchanged", "nothing is due: the delegation is \(before.delegation.state.rawValue)")
    }
    return (true, "done", started.isEmpty ? "it is \(delegation.delegation.state)" : started.joined(separator: "; "))
  }

  // MARK: - SettleLeg

  static func needs(_ command: SettleLeg) -> [Need] { [.row(OperatorRecord.self, command.action.key)] }

  static func settle(_ command: SettleLeg, _ unit: UnitOfWork) throws {
    let replyTo = unit.cause?.replyTo ?? ""
    let correlation = unit.cause?.correlation ?? ""
    if let earlier = try OperatorWork.earlier(
      command.action, command: SettleLeg.messageType, subject: SettleLegByHand.subject(command), unit)
    {
      return try unit.reply(earlier, to: replyTo, correlation: correlation)
    }
    try unit.start(SettleLegByHand(command: command, replyTo: replyTo, correlation: correlation))
  }

  // MARK: - ReclaimStray

  static func needs(_ command: ReclaimStray) -> [Need] { [.row(OperatorRecord.self, command.action.key)] }

  static func reclaimStray(_ command: ReclaimStray, _ unit: UnitOfWork) throws {
    let replyTo = unit.cause?.replyTo ?? ""
    let correlation = unit.cause?.correlation ?? ""
    if let earlier = try OperatorWork.earlier(
      command.action, command: ReclaimStray.messageType, subject: command.txID.hex, unit)
    {
      return try unit.reply(earlier, to: replyTo, correlation: correlation)
    }
    try unit.start(ReclaimStrayByHand(command: command, replyTo: replyTo, correlation: correlation))
  }

  // MARK: - GetDelegation

  private static let transactionsMax: Int64 = 100
  private static let sendingsMax: Int64 = 300
  private static let workMax: Int64 = 100

  static func show(_ query: GetDelegation, _ bus: Bus) async throws -> DelegationView {
    guard let snapshot = try await OrderSnapshot.read([query.order], bus)[query.order] else {
      throw QueryFailure(code: "not_found", message: "there is no delegation of order \(query.order)")
    }
    let transactions = snapshot.transactions.suffix(Int(transactionsMax))
    let legs = snapshot.legs.flatMap { [$0.id, ReclaimLeg.handKey($0.id)] }
    let keys = [query.order.text] + legs + transactions.map(\.id.hex)
    let (sendings, work) = try await bus.read { session in
      (
        try session.execute(
          "select * from sendings where order_id = $1 order by sent_at desc limit $2",
          [.text(query.order.text), .int(sendingsMax)]
        ).decoded(Sending.self),
        try session.execute(
          """
          select kind, state, attempts, next_at, coalesce(last_error, '') as last_error from effects
          where order_key = any($1) order by seq limit $2
          """, [.textArray(keys), .int(workMax)]
        ).rows.map {
          DelegationView.Work(
            kind: try $0.string("kind"), state: try $0.string("state"), attempts: Int(try $0.int("attempts")),
            nextAt: try $0.date("next_at"), lastError: try $0.string("last_error"))
        }
      )
    }
    return view(snapshot, transactions, Dictionary(grouping: sendings.reversed(), by: \.txID), work)
  }

  private static func view(
    _ snapshot: OrderSnapshot, _ transactions: ArraySlice<StoredTransaction>,
    _ sendings: [TransactionID: [Sending]], _ work: [DelegationView.Work]
  ) -> DelegationView {
    let delegation = snapshot.delegation
    let numbers = Dictionary(snapshot.legs.map { ($0.id, $0.number) }) { first, _ in first }
    return DelegationView(
      order: delegation.id, customer: delegation.customer, receiver: delegation.receiver, energy: delegation.energy,
      durationSeconds: delegation.durationSeconds, deadline: delegation.deadline, state: delegation.state.rawValue,
      isWithdrawn: delegation.isWithdrawn, failure: delegation.failure,
      startedAt: delegation.startedAtMs.map { Date(chainMilliseconds: $0) },
      endsAt: delegation.endsAtMs.map { Date(chainMilliseconds: $0) }, cost: delegation.cost,
      legs: snapshot.legs.sorted { $0.number < $1.number }.map { leg in
        DelegationView.Leg(
          number: leg.number, supplier: leg.supplier, energy: leg.energy, stake: leg.stake, state: leg.state.rawValue,
          txID: leg.txID, reclaimTxID: leg.reclaimTxID, blockNumber: leg.blockNumber, note: leg.note)
      },
      transactions: transactions.map { transaction in
        DelegationView.Transaction(
          id: transaction.id, leg: numbers[transaction.legID] ?? 0, purpose: transaction.purpose.rawValue,
          state: transaction.state.rawValue, signedAt: transaction.signedAt,
          expiresAt: Date(chainMilliseconds: transaction.expirationMs), blockNumber: transaction.blockNumber,
          result: transaction.result, fee: transaction.fee, note: transaction.note,
          sendings: (sendings[transaction.id] ?? []).map {
            DelegationView.Sending(
              node: $0.node, sentAt: $0.sentAt, outcome: $0.outcome?.rawValue, code: $0.code, message: $0.message)
          })
      }, work: work)
  }
}
