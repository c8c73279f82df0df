import BusKit
import Contracts

/// One notice to every subscriber, in each one's language. An effect and not part of the handler, so that only a change
/// of an alert's state reads all subscriptions, not every event. Notices of one alert have one order key: its end is
/// never told before its beginning.
protocol SubscriberNotice: Effect {
  func text(_ language: AlertText.Language) -> BotHTML
}

extension SubscriberNotice {
  static func register(in service: inout Service) {
    service.effect(Self.self, policy: EffectPolicy(attemptsMax: nil)) { notice, _ in notice.outcome() }
  }

  private func outcome() -> EffectOutcome {
    .done(needs: [.all(Subscription.self)]) { unit in
      for subscription in try unit.all(Subscription.self) {
        let language = AlertText.Language(code: subscription.language)
        try unit.publish(NotifyCustomer(customer: subscription.id, html: self.text(language)))
      }
    }
  }
}

/// That the pool's energy is low, or has recovered.
struct PoolEnergyNotice: SubscriberNotice {
  /// As recorded by every release.
  static let kind = "monitor.NotifySubscribers"

  let state: ThresholdAlert.State
  let available: Int64
  let threshold: Int64

  var orderKey: String { Incident.poolEnergyLow }

  func text(_ language: AlertText.Language) -> BotHTML {
    AlertText.poolEnergy(state, available: available, threshold: threshold, language)
  }
}

/// That the first incident of a series has opened, or that the last was closed.
struct SeriesNotice: SubscriberNotice {
  /// As recorded by every release.
  static let kind = "monitor.TellSubscribers"

  let series: Incident.Series
  let state: ThresholdAlert.State

  var orderKey: String { series.alertID }

  func text(_ language: AlertText.Language) -> BotHTML { AlertText.series(series, state, language) }
}
