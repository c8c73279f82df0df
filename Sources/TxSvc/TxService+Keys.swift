import BusKit
import Contracts

/// What tx-svc does with keys, and with orders that a person settles.
extension TxService {
  static func registerKeys(in service: inout Service, _ world: TxEnvironment) {
    service.handle(RotateKeys.self, needs: KeyHandlers.needs) { try KeyHandlers.rotate($0, $1) }
    service.handle(RetryDelegation.self, needs: SettlementHandlers.needs) {
      try SettlementHandlers.retry($0, $1, world)
    }
    service.handle(SettleLeg.self, needs: SettlementHandlers.needs) { try SettlementHandlers.settle($0, $1) }
    service.handle(ReclaimStray.self, needs: SettlementHandlers.needs) { try SettlementHandlers.reclaimStray($0, $1) }

    service.effect(
      ReencryptKeys.self, policy: ReencryptKeys.policy,
      exhausted: { effect, reason in effect.end(ok: false, "gave_up", "not all keys were encrypted anew: \(reason)") }
    ) { try await ReencryptKeys.run($0, $1, world) }
    service.effect(
      SettleLegByHand.self, policy: SettleLegByHand.policy,
      exhausted: { effect, reason in effect.end(ok: false, "chain_unreachable", "the chain was not read: \(reason)") }
    ) { try await SettleLegByHand.run($0, $1, world) }
    service.effect(
      ReclaimStrayByHand.self, policy: ReclaimStrayByHand.policy,
      exhausted: { effect, reason in effect.end(ok: false, "chain_unreachable", "the chain was not read: \(reason)") }
    ) { try await ReclaimStrayByHand.run($0, $1, world) }

    service.answer(GetKeys.self) { _, bus in try await KeyHandlers.keys(bus, world) }
    service.answer(GetPermissions.self) { query, _ in try await KeyHandlers.permissions(query, world) }
    service.answer(GetDelegation.self) { query, bus in try await SettlementHandlers.show(query, bus) }

    service.background("watch keys") {
      try await KeyWatch(master: world.signer.master, sealing: world.sealing, bus: $0).run()
    }
  }
}
