import BusKit
import Contracts

/// `/alerts on` and `/alerts off`. Who subscribes while the alert is firing hears of it at once.
enum SetAlertSubscriptionHandler {
  static func needs(_ command: SetAlertSubscription) -> [Need] {
    [.row(Subscription.self, command.customer.text), .row(Incident.self, Incident.poolEnergyLow)]
  }

  static func apply(_ command: SetAlertSubscription, _ unit: UnitOfWork, rule: ThresholdAlert) throws {
    guard command.isOn else { return try unit.delete(Subscription.self, command.customer.text) }
    let known = try unit.find(Subscription.self, command.customer.text)
    try unit.save(Subscription(id: command.customer, language: command.language))
    guard known == nil, let incident = try unit.find(Incident.self, Incident.poolEnergyLow),
      incident.state == .firing
    else { return }
    let text = AlertText.poolEnergy(
      .firing, available: incident.value, threshold: rule.threshold, .init(code: command.language))
    try unit.publish(NotifyCustomer(customer: command.customer, html: text))
  }
}
