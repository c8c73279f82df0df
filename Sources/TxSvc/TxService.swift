import BusKit
import Contracts
import Foundation

/// The service's table of contents.
enum TxService {
  static let schema = "tx_svc"

  static func make(_ world: TxEnvironment) -> Service {
    var service = Service(name: ServiceName.tx, schema: schema, migrations: TxMigrations.all)

    service.handle(DelegateEnergy.self, needs: DelegationHandlers.needs) {
      try DelegationHandlers.delegate($0, $1, world)
    }
    service.handle(WithdrawDelegation.self, needs: DelegationHandlers.needs) {
      try DelegationHandlers.withdraw($0, $1, world)
    }
    service.handle(ReclaimEnergy.self, needs: { DelegationCase.needs($0.order) }) {
      try DelegationHandlers.reclaim($0, $1, world)
    }
    service.handle(AddSupplier.self, needs: SupplierHandlers.needs) { try SupplierHandlers.add($0, $1) }
    service.handle(SetSigning.self, needs: SupplierHandlers.needs) { try SupplierHandlers.setSigning($0, $1) }

    service.handle(RotateKeys.self, needs: KeyHandlers.needs) { try KeyHandlers.rotate($0, $1) }
    service.handle(RetryDelegation.self, needs: SettlementHandlers.needs) {
      try SettlementHandlers.retry($0, $1, world)
    }
    service.handle(SettleLeg.self, needs: SettlementHandlers.needs) { try SettlementHandlers.settle($0, $1) }

    // For ever: an order's deadline ends the first, chain time the second, and nothing may end the third.
    let patient = EffectPolicy(attemptsMax: nil, backoff: Backoff(most: .seconds(10)))
    service.effect(PrepareDelegation.self, policy: patient) { try await PrepareDelegation.run($0, $1, world) }
    service.effect(SendTransaction.self, policy: patient) { try await SendTransaction.run($0, $1, world) }
    service.effect(
      ReclaimLeg.self, policy: EffectPolicy(attemptsMax: nil, backoff: Backoff(most: .seconds(60)))
    ) { try await ReclaimLeg.run($0, $1, world) }
    service.effect(RefreshWallet.self, policy: RefreshWallet.policy) { try await RefreshWallet.run($0, $1, world) }
    service.effect(
      AdmitSupplier.self, policy: AdmitSupplier.policy,
      exhausted: { effect, reason in effect.refuse("chain_unreachable", "the wallet could not be checked: \(reason)") }
    ) { try await AdmitSupplier.run($0, $1, world) }

    service.effect(
      ReencryptKeys.self, policy: ReencryptKeys.policy,
      exhausted: { effect, reason in effect.end(ok: false, "gave_up", "not all keys were encrypted anew: \(reason)") }
    ) { try await ReencryptKeys.run($0, $1, world) }
    service.effect(
      SettleLegByHand.self, policy: SettleLegByHand.policy,
      exhausted: { effect, reason in effect.end(ok: false, "chain_unreachable", "the chain was not read: \(reason)") }
    ) { try await SettleLegByHand.run($0, $1, world) }

    service.answer(GetSealingKey.self) { _, _ in world.sealing.publicKey }
    service.answer(GetKeys.self) { _, bus in try await KeyHandlers.keys(bus, world) }
    service.answer(GetPermissions.self) { query, _ in try await KeyHandlers.permissions(query, world) }
    service.answer(GetDelegation.self) { query, bus in try await SettlementHandlers.show(query, bus) }
    service.answer(GetPool.self) { _, bus in try await PoolQueries.pool(bus) }

    service.every("refresh wallets", .seconds(2), needs: [.all(SupplierWallet.self)]) {
      try PoolTicks.refresh($0, every: world.walletRefresh)
    }
    service.every("publish pool", .seconds(3), needs: PoolTicks.needsToPublish) { try PoolTicks.publish($0) }
    service.background("watch keys") {
      try await KeyWatch(master: world.signer.master, sealing: world.sealing, bus: $0).run()
    }
    service.background("follow blocks") { try await BlockFollower(world: world, bus: $0).run() }
    service.publishes([.txEvents, .gatewayCommands])
    service.beforeMetrics { try await TxMetrics.refresh($0) }
    service.auditsOperators()
    return service
  }
}
