import BusKit
import Contracts

/// One notice of a series of incidents to every subscriber. One order key for each series: an end is never told before
/// its beginning.
struct TellSubscribers: Effect {
  static let kind = "monitor.TellSubscribers"

  let series: Incident.Series
  let state: ThresholdAlert.State

  var orderKey: String { series.alertID }

  func outcome() -> EffectOutcome {
    .done(needs: [.all(Subscription.self)]) { unit in
      for subscription in try unit.all(Subscription.self) {
        let text = AlertText.series(series, state, .init(code: subscription.language))
        try unit.publish(NotifyCustomer(customer: subscription.id, html: text))
      }
    }
  }
}
