import Contracts
import Foundation
import TronKit

/// What an order's change makes order-svc do. The handler carries it out in the transaction of the change.
enum OrderAction: Sendable, Equatable {
  case holdFunds
  case releaseHold
  /// Takes the price of what was delivered, and gives the rest back.
  case captureHold(delivered: Energy)
  case delegate
  case withdraw(Withdrawal)
  /// The customer's wish to cancel, for when the delegation fails.
  case noteCancel
  /// Asks tx-svc again what became of the delegation.
  case askDelegation
  case recordTransactions([TransactionID])
  /// The rental runs from here: the end is the start and the duration.
  case recordDelivery([TransactionID], startedAt: Date)
  /// The same, where the transactions are known.
  case recordStart(Date)
  case forgetDelivery
  /// Something is due at the end of the rental.
  case scheduleEnd
  case reclaim
  case recordReclaim([TransactionID])
  case bookCost(Sun)
  case recordFailure(OrderFailure)
  /// A deadline of the length that belongs to the order's state.
  case setDeadline
  /// Something takes longer than it ever should: counted, and told to the operators.
  case incident
  case answerCancel(CancelAnswer)
  /// Answers the sender of a repeated PlaceOrder with the order as it stands.
  case answerOrder
  /// The order is still `placed`: whoever repeated the command is answered when it is not.
  case rememberSender

  enum CancelAnswer: String, Sendable {
    case accepted, tooLate = "too_late", notFound = "not_found"
  }

  /// As docs/orders.md calls it.
  var name: String {
    switch self {
    case .holdFunds: "HoldFunds"
    case .releaseHold: "ReleaseHold"
    case .captureHold: "CaptureHold"
    case .delegate: "DelegateEnergy"
    case .withdraw, .askDelegation: "WithdrawDelegation"
    case .noteCancel: "note the wish"
    case .recordTransactions: "record txids"
    case .recordDelivery, .recordStart: "record start and end"
    case .forgetDelivery: "forget start and end"
    case .scheduleEnd: "due at the end"
    case .reclaim: "ReclaimEnergy"
    case .recordReclaim: "record reclaim txids"
    case .bookCost: "BookOrderCost"
    case .recordFailure: "record reason"
    case .setDeadline: "deadline"
    case .incident: "incident"
    case .answerCancel(let answer): "answer `\(answer.rawValue)`"
    case .answerOrder: "answer the order"
    case .rememberSender: "remember the sender"
    }
  }
}
