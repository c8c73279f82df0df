import Contracts
import Foundation
import TronKit

/// Everything that can happen to an order, with what the order needs to know of it.
enum OrderInput: Sendable, Equatable {
  /// PlaceOrder that keeps every rule, or one that repeats an order.
  case placeValid
  /// PlaceOrder against a rule.
  case placeRefused(OrderFailure)
  case cancel
  case deadline
  case fundsHeld
  case fundsRefused(OrderFailure)
  case delegationSubmitted(txs: [TransactionID])
  case delegationConfirmed(txs: [TransactionID], startedAt: Date)
  case delegationReverted
  /// `cost` nil: what was burned is not known.
  case delegationFailed(OrderFailure, cost: Sun? = nil)
  /// `startedAt` nil: as the confirmation said.
  case delegationFinal(delivered: Energy, startedAt: Date?)
  case rentalEnded
  case delegationReclaimed(txs: [TransactionID], cost: Sun)

  /// A column of the table in docs/orders.md; the raw value is the column's title.
  enum Kind: String, CaseIterable, Sendable {
    case placeValid = "PlaceOrder, valid"
    case placeRefused = "PlaceOrder, refused"
    case cancel = "CancelOrder"
    case deadline = "deadline"
    case fundsHeld = "FundsHeld"
    case fundsRefused = "FundsRefused"
    case delegationSubmitted = "DelegationSubmitted"
    case delegationConfirmed = "DelegationConfirmed"
    case delegationReverted = "DelegationReverted"
    case delegationFailed = "DelegationFailed"
    case delegationFinal = "DelegationFinal"
    case rentalEnded = "end of the rental"
    case delegationReclaimed = "DelegationReclaimed"
  }

  var kind: Kind {
    switch self {
    case .placeValid: .placeValid
    case .placeRefused: .placeRefused
    case .cancel: .cancel
    case .deadline: .deadline
    case .fundsHeld: .fundsHeld
    case .fundsRefused: .fundsRefused
    case .delegationSubmitted: .delegationSubmitted
    case .delegationConfirmed: .delegationConfirmed
    case .delegationReverted: .delegationReverted
    case .delegationFailed: .delegationFailed
    case .delegationFinal: .delegationFinal
    case .rentalEnded: .rentalEnded
    case .delegationReclaimed: .delegationReclaimed
    }
  }
}
