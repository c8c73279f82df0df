import BusKit
import Contracts

/// `/alerts on` and `/alerts off`. Who subscribes while an alert is firing hears of it at once.
enum SetAlertSubscriptionHandler {
  static func needs(_ command: SetAlertSubscription) -> [Need] {
    [.row(Subscription.self, command.customer.text), .row(Incident.self, Incident.poolEnergyLow)]
      + Incident.Series.allCases.map { .row(Incident.self, $0.alertID) }
  }

  static func apply(_ command: SetAlertSubscription, _ unit: UnitOfWork, rule: ThresholdAlert) throws {
    guard command.isOn else { return try unit.delete(Subscription.self, command.customer.text) }
    let known = try unit.find(Subscription.self, command.customer.text)
    try unit.save(Subscription(id: command.customer, language: command.language))
    guard known == nil else { return }
    let language = AlertText.Language(code: command.language)
    for series in Incident.Series.allCases
    where try unit.find(Incident.self, series.alertID)?.state == .firing {
      try unit.publish(
        NotifyCustomer(customer: command.customer, html: AlertText.series(series, .firing, language)))
    }
    guard let incident = try unit.find(Incident.self, Incident.poolEnergyLow),
      incident.state == .firing
    else { return }
    let text = AlertText.poolEnergy(
      .firing, available: incident.value, threshold: rule.threshold, language)
    try unit.publish(NotifyCustomer(customer: command.customer, html: text))
  }
}
