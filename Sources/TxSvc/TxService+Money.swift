import BusKit
import Contracts

/// What tx-svc does for addresses whose keys it does not have: customers' deposit addresses and the treasury's.
extension TxService {
  static func registerMoney(in service: inout Service, _ world: TxEnvironment) {
    let token = world.deposits.token
    service.handle(BroadcastTransaction.self, needs: { BroadcastHandlers.needs($0, token: token) }) {
      try BroadcastHandlers.broadcast($0, token: token, $1)
    }
    service.effect(
      BroadcastByHand.self, policy: BroadcastByHand.policy,
      exhausted: { effect, reason in
        effect.refuse("unknown", "\(effect.txID) may have arrived: send it again until it expires (\(reason))")
      }
    ) { try await BroadcastByHand.run($0, $1, world) }

    service.answer(GetSolidBalances.self) { query, bus in try await SolidBalances.view(query, bus, world) }
    service.answer(GetTransactionReference.self) { _, _ in try await TransferQueries.reference(world) }
    service.answer(EstimateTokenTransfer.self) { query, _ in try await TransferQueries.estimate(query, world) }
  }
}
