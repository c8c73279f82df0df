import BusKit

extension Retention {
  /// What was asked for and never booked: so long a key answers as it did; then it is new.
  static let unbookedAdjustments = Retention(
    of: "adjustments", for: .seconds(400 * 86_400), since: "created_at", where: "state <> 'done'")

  /// What an operator booked counts for a day only. The table has no index: a row for each operator.
  static let operatorDays = Retention(of: "operator_days", for: .seconds(3 * 86_400), since: "updated_at")

  /// What the chain said of an address that nobody has asked for in a month.
  static let chainAccounts = Retention(of: "chain_accounts", for: .seconds(30 * 86_400), since: "as_of")
}
