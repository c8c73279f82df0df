import BusKit
import Contracts
import Foundation

/// An operator has said whose a held deposit is. A second one, who is somebody else, has to name the same customer in
/// time; whoever names another begins anew.
struct DepositCreditRequest: Codable, Sendable, Equatable {
  let customer: CustomerID
  let action: OperatorAction
  let expiresAt: Date

  /// The first operator's part, when this command is the second one's.
  func first(for command: CreditHeldDeposit, at now: Date) -> OperatorAction? {
    let isOther = OperatorIdentity.of(command.action.actor) != OperatorIdentity.of(action.actor)
    return isOther && command.customer == customer && now < expiresAt ? action : nil
  }
}

extension DepositRow {
  mutating func decide(_ action: OperatorAction, _ unit: UnitOfWork) {
    (decision, decidedAt) = (action, unit.now)
  }
}
