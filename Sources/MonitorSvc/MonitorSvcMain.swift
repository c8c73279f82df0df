import BusKit
import Contracts

/// Watches the event streams: metrics for Prometheus, alerts for those who subscribed.
@main
struct MonitorSvcMain {
  static let schema = "monitor_svc"

  static func main() async {
    await ServiceProgram.run(ServiceName.monitor, schema: schema, settings: MonitorSettings.read) { settings, _ in
      make(settings)
    }
  }

  static func make(_ settings: MonitorSettings) -> Service {
    let metrics = MonitorMetrics()
    let rule = settings.poolEnergyLow
    var service = Service(name: ServiceName.monitor, schema: schema, migrations: MonitorMigrations.all)
    service.handle(
      OrderChanged.self, where: OrderChangedHandler.isOfUse, needs: OrderChangedHandler.needs,
      apply: OrderChangedHandler.apply)
    service.handle(PoolChanged.self, needs: { _ in PoolChangedHandler.needs }) { event, unit in
      try PoolChangedHandler.apply(event, unit, rule: rule)
    }
    service.handle(LedgerDiffers.self, needs: LedgerDiffersHandler.needs, apply: LedgerDiffersHandler.apply)
    service.handle(CustodyDiffers.self, needs: CustodyDiffersHandler.needs, apply: CustodyDiffersHandler.apply)
    service.handle(ReclaimOverdue.self, needs: SeriesHandler.needs, apply: SeriesHandler.apply)
    service.handle(StrayTransactionFound.self, needs: SeriesHandler.needs, apply: SeriesHandler.apply)
    service.handle(DepositHeld.self, needs: ChainFindingHandlers.needs, apply: ChainFindingHandlers.apply)
    service.handle(UnexpectedWithdrawal.self, needs: ChainFindingHandlers.needs, apply: ChainFindingHandlers.apply)
    service.handle(ChainRecordDiffers.self, needs: ChainFindingHandlers.needs, apply: ChainFindingHandlers.apply)
    service.handle(LedgerDifferenceFound.self, needs: MoneyHandlers.needs, apply: MoneyHandlers.apply)
    service.handle(HoldContradicted.self, needs: MoneyHandlers.needs, apply: MoneyHandlers.apply)
    service.handle(SetAlertSubscription.self, needs: SetAlertSubscriptionHandler.needs) { command, unit in
      try SetAlertSubscriptionHandler.apply(command, unit, rule: rule)
    }
    PoolEnergyNotice.register(in: &service)
    SeriesNotice.register(in: &service)
    service.keeps(.endedOrders, .settledIncidents)
    service.beforeMetrics(metrics.refresh)
    service.auditsOperators()
    service.publishes([.gatewayCommands])

    // Of the same streams, and of no use here. What they mean for an order OrderChanged tells.
    service.ignore(FundsHeld.self)
    service.ignore(FundsRefused.self)
    service.ignore(HoldSettled.self)
    service.ignore(DepositCredited.self)
    service.ignore(DelegationSubmitted.self)
    service.ignore(DelegationConfirmed.self)
    service.ignore(DelegationReverted.self)
    service.ignore(DelegationFinal.self)
    service.ignore(DelegationFailed.self)
    service.ignore(DelegationReclaimed.self)
    service.ignore(DepositFound.self)
    service.ignore(OwnTransactionFound.self)
    service.ignore(AddressesWatched.self)
    service.ignore(SupplierStateChanged.self)
    service.ignore(ChainParametersChanged.self)
    return service
  }
}
