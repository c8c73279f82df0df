import BusKit
import Contracts

/// Tells a customer in Telegram that a deposit can be spent: a message of its own, once, because the inbox knows the
/// event again. The balance in it is the one after this very deposit, so it is right in whatever order events come.
enum DepositCreditedHandler {
  static func needs(_ event: DepositCredited) -> [Need] { [.row(Profile.self, event.customer.text)] }

  static func apply(_ event: DepositCredited, _ unit: UnitOfWork) throws {
    // A customer without a profile has never written to the bot: a client of the REST API.
    guard let profile = try unit.find(Profile.self, event.customer.text) else { return }
    try unit.publish(
      NotifyCustomer(customer: event.customer, html: Screens(profile.language).credited(event)))
  }
}
