import BusKit
import Contracts

/// One notice to every subscriber. An effect and not part of the handler, so that only a change of the alert's state
/// reads all
/// subscriptions, not every event of the pool. One order key: a recovery is never told before the alert.
struct NotifySubscribers: Effect {
  static let kind = "monitor.NotifySubscribers"

  let state: ThresholdAlert.State
  let available: Int64
  let threshold: Int64

  var orderKey: String { Incident.poolEnergyLow }

  func outcome() -> EffectOutcome {
    .done(needs: [.all(Subscription.self)]) { unit in
      for subscription in try unit.all(Subscription.self) {
        let text = AlertText.poolEnergy(
          state, available: available, threshold: threshold, .init(code: subscription.language))
        try unit.publish(NotifyCustomer(customer: subscription.id, html: text))
      }
    }
  }
}
