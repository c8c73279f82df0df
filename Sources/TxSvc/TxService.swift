import BusKit
import Contracts
import Foundation
import RequestBudgets

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
    service.handle(ReclaimEnergy.self, needs: DelegationHandlers.needs) {
      try DelegationHandlers.reclaim($0, $1, world)
    }
    service.handle(AddSupplier.self, needs: SupplierHandlers.needs) { try SupplierHandlers.add($0, $1) }
    service.handle(SetSigning.self, needs: SupplierHandlers.needs) { try SupplierHandlers.setSigning($0, $1) }

    registerPool(in: &service, world)
    registerKeys(in: &service, world)
    registerMoney(in: &service, world)

    // For ever: an order's deadline ends the first, chain time the second, and nothing may end the third.
    let patient = EffectPolicy(attemptsMax: nil, backoff: Backoff(most: .seconds(10)), concurrency: 48)
    service.effect(PrepareDelegation.self, policy: patient, admitted: { world.headGate.isOpen(for: .delegate) }) {
      try await PrepareDelegation.run($0, $1, world)
    }
    service.effect(SendTransaction.self, policy: patient) { try await SendTransaction.run($0, $1, world) }
    service.effect(SendReclaim.self, policy: SendReclaim.policy) { try await SendReclaim.run($0, $1, world) }
    service.effect(
      ReclaimLeg.self, policy: ReclaimLeg.policy,
      admitted: { world.headGate.isOpen(for: .reclaim) }
    ) { try await ReclaimLeg.run($0, $1, world) }
    service.effect(
      AdmitSupplier.self, policy: AdmitSupplier.policy,
      exhausted: { effect, reason in effect.refuse("chain_unreachable", "the wallet could not be checked: \(reason)") }
    ) { try await AdmitSupplier.run($0, $1, world) }

    service.answer(GetSealingKey.self) { _, _ in world.sealing.publicKey }

    service.effect(FindLateReclaims.self, policy: FindLateReclaims.policy) {
      try await FindLateReclaims.run($0, $1)
    }
    service.every("find late reclaims", FindLateReclaims.interval) { try $0.start(FindLateReclaims()) }
    ChainFollowing.register(in: &service, world)
    service.shares(world.budgets)
    service.publishes([.txEvents, .gatewayCommands])
    service.beforeMetrics { try await TxMetrics.refresh($0) }
    service.beforeMetrics { NodeWatch.refresh(world.nodes, $0.metrics) }
    service.auditsOperators()
    return service
  }
}
