import BusKit
import Contracts

/// Sends the transaction of a reclaim as `SendTransaction` does. It is work of its own kind, of which less goes on at
/// once: after a standstill, or when many rentals end together, thousands of reclaims are due, and a delivery that
/// somebody waits for never stands behind them.
struct SendReclaim: Effect {
  static let kind = "tx.send_reclaim"
  static let policy = EffectPolicy(attemptsMax: nil, backoff: Backoff(most: .seconds(10)), concurrency: 32)

  let txID: String
  let order: OrderID
  var orderKey: String { txID }

  static func run(_ effect: SendReclaim, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    try await SendTransaction.run(SendTransaction(txID: effect.txID, order: effect.order), context, world)
  }
}
