import BusKit
import Contracts
import Foundation
import TronKit

/// Sends a transaction that was signed elsewhere, unless it is in a block already. Nothing is signed for it here, and
/// it waits for no block: what it has done is told when that is solid.
struct BroadcastByHand: OperatorEffect {
  static let kind = "tx.broadcast_by_hand"
  let command: BroadcastTransaction
  let txID: String
  let replyTo: String
  let correlation: String
  var orderKey: String { txID }
  var action: OperatorAction { command.action }
  var subject: String { txID }

  static let policy = EffectPolicy(
    attemptsMax: 5, timeout: .seconds(20), backoff: Backoff(first: .seconds(1), most: .seconds(4)),
    deadline: .seconds(60))
  /// A block comes every 3 s: then what may have arrived shows.
  private static let pause: Duration = .seconds(4)

  static func run(_ effect: BroadcastByHand, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    let transaction: OutsideTransaction
    do throws(OutsideTransaction.Refusal) {
      transaction = try OutsideTransaction(hex: effect.command.signed, token: world.deposits.token)
    } catch {
      return effect.refuse(error.code, error.detail)
    }
    let id = transaction.signed.id
    let (info, headMs) = try await world.nodes.read { node in
      (try await node.transactionInfo(id), try await node.head().timestamp)
    }
    if let info {
      return info.succeeded
        ? effect.end(ok: true, "in_block", "\(id) is in block \(info.blockNumber)")
        : effect.refuse("failed", "\(id) is in block \(info.blockNumber) and had no effect: \(info.receiptResult)")
    }
    guard headMs < transaction.expirationMs else {
      return effect.refuse("expired", "\(id) has expired, and the node asked has it in no block: write another one")
    }
    return try await effect.send(transaction.signed, context, world)
  }

  private func send(_ signed: SignedTransaction, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    var waiting = await world.nodes.usableNodes()
    var answers: [HedgedBroadcast.Answer] = []
    // Those that have yet to judge it are asked after one that refused.
    while !waiting.isEmpty, answers.allSatisfy(\.outcome.definitivelyRejected) {
      let sent = try await HedgedBroadcast { $0.name }.send(signed, to: waiting)
      answers += sent
      let asked = Set(sent.map(\.sendingID))
      waiting.removeAll { asked.contains($0.name) }
    }
    for answer in answers {
      let (kind, code, _) = SendTransaction.reading(answer.outcome)
      context.bus.metrics.counter(
        "energy_tx_outside_broadcasts_total", labels: [("outcome", kind.rawValue), ("code", code ?? "none")]
      ).increment()
    }
    if let taken = answers.first(where: { $0.outcome == .accepted }) {
      return end(ok: true, "done", "\(taken.sendingID) has taken \(txID): the next blocks show whether it takes effect")
    }
    let words = answers.isEmpty ? "no node can be asked" : answers.map(Self.words).joined(separator: "; ")
    // After a sending that nobody has answered, a refusal may mean that it has arrived.
    let isRefused = context.attempt == 1 && !answers.isEmpty && answers.allSatisfy(\.outcome.definitivelyRejected)
    return isRefused ? refuse("refused", "\(txID): \(words)") : .retry(after: Self.pause, reason: words)
  }

  private static func words(_ answer: HedgedBroadcast.Answer) -> String {
    switch answer.outcome {
    case .accepted: "\(answer.sendingID) has taken it"
    case .rejected(let code, let message): "\(answer.sendingID): \(code) \(message)"
    case .unknown(let reason): "\(answer.sendingID): \(reason)"
    }
  }
}
