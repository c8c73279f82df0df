import BusKit
import TronKit

extension Service {
  /// Lets these budgets be counted together with those of the other replicas, in the bus' Redis for caches, as long as
  /// the service runs. Until it does, each replica makes do with a part of its own.
  public mutating func shares(_ budgets: [SharedRequestBudget]) {
    background("share budgets") { bus in
      for budget in budgets { budget.connect(RedisBudgetStore(redis: bus.cache)) }
      // A background that returns would be started again.
      while !Task.isCancelled { try await Task.sleep(for: .seconds(3600)) }
    }
  }
}
