import BusKit
import Contracts

/// All that wallet-svc does about deposits.
enum Deposits {
  /// - Parameter limits: what an operator credits alone.
  static func register(_ settings: DepositSettings, limits: AdjustmentLimits, in service: inout Service) {
    DepositAddressHandlers(settings: settings).register(in: &service)
    DepositKeyHandlers(settings: settings).register(in: &service)
    DepositHandlers(rules: settings.rules).register(in: &service)
    OwnMoneyHandlers(rules: settings.rules).register(in: &service)
    DepositDecisions(limits: limits).register(in: &service)
    DepositAnswers(settings: settings).register(in: &service)
    DepositSupply.register(settings, in: &service)
    DepositMetrics.register(settings, in: &service)
    ignoreOrders(in: &service)
  }

  /// Of the same stream: what orders do on chain, and how the pool is.
  private static func ignoreOrders(in service: inout Service) {
    service.ignore(DelegationSubmitted.self)
    service.ignore(DelegationConfirmed.self)
    service.ignore(DelegationReverted.self)
    service.ignore(DelegationFinal.self)
    service.ignore(DelegationFailed.self)
    service.ignore(DelegationReclaimed.self)
    service.ignore(PoolChanged.self)
    service.ignore(ReclaimOverdue.self)
    service.ignore(SupplierStateChanged.self)
    service.ignore(LedgerDiffers.self)
    service.ignore(ChainParametersChanged.self)
    service.ignore(ChainRecordDiffers.self)
    service.ignore(StrayTransactionFound.self)
  }
}
