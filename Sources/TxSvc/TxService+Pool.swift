import BusKit
import Contracts
import Foundation

extension TxService {
  /// The wallet pool's part of the table of contents.
  static func registerPool(in service: inout Service, _ world: TxEnvironment) {
    service.handle(SetSupplierState.self, needs: SupplierOperations.needs) { try SupplierOperations.setState($0, $1) }
    service.handle(RefreshSupplier.self, needs: SupplierOperations.needs) { try SupplierOperations.refresh($0, $1) }

    service.effect(
      RefreshWallet.self, policy: RefreshWallet.policy, exhausted: { effect, _ in effect.soonAgain() }
    ) { try await RefreshWallet.run($0, $1, world) }
    service.effect(
      RefreshOnDemand.self, policy: RefreshOnDemand.policy,
      exhausted: { effect, reason in effect.refuse("chain_unreachable", "the wallet could not be read: \(reason)") }
    ) { try await RefreshOnDemand.run($0, $1, world) }
    service.effect(ReadChainParameters.self, policy: ReadChainParameters.policy) {
      try await ReadChainParameters.run($0, $1, world)
    }
    service.effect(CheckLedger.self, policy: CheckLedger.policy) { try await CheckLedger.run($0, $1, world) }
    service.effect(ReconcileWallet.self, policy: ReconcileWallet.policy) {
      try await ReconcileWallet.run($0, $1, world)
    }

    service.answer(GetPool.self) { _, bus in try await PoolQueries.pool(bus, world.limits) }
    service.answer(GetCapacity.self) { _, bus in try await CapacityQueries.capacity(bus, world.limits) }
    service.answer(GetLedgerDifferences.self) { _, bus in try await CapacityQueries.differences(bus) }

    service.every("refresh wallets", .seconds(2), needs: [.all(SupplierWallet.self)]) {
      try PoolTicks.refresh($0, every: world.walletRefresh)
    }
    service.every("publish pool", .seconds(3), needs: PoolTicks.needsToPublish) {
      try PoolTicks.publish($0, world.limits)
    }
    service.every("read chain parameters", ReadChainParameters.interval) { try $0.start(ReadChainParameters()) }
    service.every("look at open differences", ReconcileTicks.openEvery, needs: ReconcileTicks.needsOfOpen) {
      try ReconcileTicks.open($0)
    }
    let (hour, minute) = world.reconcileAt
    do {
      try service.cron("reconcile in full", "\(minute) \(hour) * * *", needs: ReconcileTicks.needsOfNight) {
        try ReconcileTicks.night($0, $1)
      }
    } catch {
      preconditionFailure("the configuration checks the time of day: \(error)")
    }
  }
}
