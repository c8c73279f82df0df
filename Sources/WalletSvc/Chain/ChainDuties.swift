import BusKit
import RequestBudgets
import TronKit

/// What chain balances need beside the answers, in each replica.
enum ChainDuties {
  static func register(_ chain: ChainAccounts, budgets: [SharedRequestBudget], in service: inout Service) {
    service.shares(budgets)
    service.background("chain-compare") { bus in
      try await chain.comparer.run(
        chain.tools(store: BusChainStore(bus: bus), logger: bus.logger, metrics: bus.metrics))
    }
    service.keeps(.chainAccounts)
  }
}
