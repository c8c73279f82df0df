import Contracts
import TronKit

/// The life of an order: every state × every input. docs/orders.md prints the same table. There is no `default`
/// anywhere, so that a new state or input has to be decided here before anything compiles.
///
/// Inputs whose sequence number is older than one already seen never get here.
enum OrderTransitions {
  /// - Parameter state: nil for an order that does not exist yet.
  static func decide(_ state: OrderState?, on input: OrderInput, withdrawal: Withdrawal) -> OrderDecision {
    guard let state else { return unknown(input) }
    switch state {
    case .placed: return placed(input)
    case .funded: return funded(input)
    case .delegating: return delegating(input, withdrawal)
    case .cancelling: return cancelling(input, withdrawal)
    case .delivered: return delivered(input, withdrawal)
    case .active: return active(input)
    case .ending: return ending(input)
    case .completed: return completed(input)
    case .rejected: return rejected(input)
    case .failed, .cancelled: return endedWithoutEnergy(input, state)
    }
  }

  private static func unknown(_ input: OrderInput) -> OrderDecision {
    switch input {
    case .placeValid: .move(.placed, [.holdFunds, .setDeadline])
    case .placeRefused(let reason): .move(.rejected, [.recordFailure(reason)])
    case .cancel: .keep([.answerCancel(.notFound)])
    case .deadline, .rentalEnded, .fundsHeld, .fundsRefused, .delegationSubmitted, .delegationConfirmed,
      .delegationReverted, .delegationFailed, .delegationFinal, .delegationReclaimed:
      .error(.unknownOrder)
    }
  }

  private static func placed(_ input: OrderInput) -> OrderDecision {
    switch input {
    case .placeValid, .placeRefused: .keep([.rememberSender])
    case .cancel:
      .move(.cancelled, [.recordFailure(.cancelledByCustomer), .releaseHold, .answerCancel(.accepted)])
    case .deadline: .move(.failed, [.recordFailure(.deadline), .releaseHold])
    case .fundsHeld: .move(.funded, [.delegate, .setDeadline])
    case .fundsRefused(let reason): .move(.rejected, [.recordFailure(reason)])
    case .delegationSubmitted, .delegationConfirmed, .delegationReverted, .delegationFailed, .delegationFinal,
      .delegationReclaimed:
      .error(.neverAsked)
    case .rentalEnded: .error(.notActive)
    }
  }

  private static func funded(_ input: OrderInput) -> OrderDecision {
    switch input {
    case .placeValid, .placeRefused: .keep([.answerOrder])
    case .cancel: .move(.cancelling, [.withdraw(.byCustomer), .answerCancel(.accepted), .setDeadline])
    case .deadline: .move(.cancelling, [.withdraw(.byDeadline), .setDeadline])
    case .fundsHeld: .ignore(.repeated)
    case .fundsRefused: .error(.moneyWasHeld)
    case .delegationSubmitted(let txs): .move(.delegating, [.recordTransactions(txs), .setDeadline])
    case .delegationConfirmed(let txs, let startedAt):
      .move(.delivered, [.recordDelivery(txs, startedAt: startedAt), .setDeadline])
    case .delegationReverted: .ignore(.nothingDelivered)
    case .delegationFailed(let reason, let cost): failedDelegation(reason, cost, .none)
    case .delegationFinal: .later(.confirmationFirst)
    case .rentalEnded: .error(.notActive)
    case .delegationReclaimed: .error(.notEnding)
    }
  }

  private static func delegating(_ input: OrderInput, _ withdrawal: Withdrawal) -> OrderDecision {
    switch input {
    case .placeValid, .placeRefused: .keep([.answerOrder])
    case .cancel: .move(.cancelling, [.withdraw(.byCustomer), .answerCancel(.accepted), .setDeadline])
    case .deadline:
      switch withdrawal {
      case .none: .move(.cancelling, [.withdraw(.byDeadline), .setDeadline])
      case .byDeadline, .byCustomer: .keep([.askDelegation, .incident, .setDeadline])
      }
    case .fundsHeld: .ignore(.repeated)
    case .fundsRefused: .error(.moneyWasHeld)
    case .delegationSubmitted(let txs): .move(.delegating, [.recordTransactions(txs)])
    case .delegationConfirmed(let txs, let startedAt):
      .move(.delivered, [.recordDelivery(txs, startedAt: startedAt), .setDeadline])
    case .delegationReverted: .ignore(.nothingDelivered)
    case .delegationFailed(let reason, let cost): failedDelegation(reason, cost, withdrawal)
    case .delegationFinal: .later(.confirmationFirst)
    case .rentalEnded: .error(.notActive)
    case .delegationReclaimed: .error(.notEnding)
    }
  }

  private static func cancelling(_ input: OrderInput, _ withdrawal: Withdrawal) -> OrderDecision {
    switch input {
    case .placeValid, .placeRefused: .keep([.answerOrder])
    case .cancel: .keep([.noteCancel, .answerCancel(.accepted)])
    case .deadline: .keep([.askDelegation, .incident, .setDeadline])
    case .fundsHeld: .ignore(.repeated)
    case .fundsRefused: .error(.moneyWasHeld)
    case .delegationSubmitted(let txs): .move(.cancelling, [.recordTransactions(txs)])
    case .delegationConfirmed(let txs, let startedAt):
      .move(.delivered, [.recordDelivery(txs, startedAt: startedAt), .setDeadline])
    case .delegationReverted: .ignore(.nothingDelivered)
    case .delegationFailed(let reason, let cost): failedDelegation(reason, cost, withdrawal)
    case .delegationFinal: .later(.confirmationFirst)
    case .rentalEnded: .error(.notActive)
    case .delegationReclaimed: .error(.notEnding)
    }
  }

  private static func delivered(_ input: OrderInput, _ withdrawal: Withdrawal) -> OrderDecision {
    switch input {
    case .placeValid, .placeRefused: .keep([.answerOrder])
    case .cancel: .keep([.answerCancel(.tooLate)])
    case .deadline: .keep([.askDelegation, .incident, .setDeadline])
    case .fundsHeld: .ignore(.repeated)
    case .fundsRefused: .error(.moneyWasHeld)
    case .delegationSubmitted: .ignore(.pastIt)
    // News of the same delivery: a reorganisation may have put a leg into another block.
    case .delegationConfirmed(let txs, let startedAt):
      .move(.delivered, [.recordDelivery(txs, startedAt: startedAt)])
    case .delegationReverted: .move(.delegating, [.forgetDelivery, .setDeadline])
    // The reversal before it was overtaken or lost; tx-svc's last word stands without it.
    case .delegationFailed(let reason, let cost): failedDelegation(reason, cost, withdrawal, [.forgetDelivery])
    // A later confirmation may have been overtaken: the end is that of the last one.
    case .delegationFinal(let delivered, let startedAt):
      .move(.active, (startedAt.map { [.recordStart($0)] } ?? []) + [.captureHold(delivered: delivered), .scheduleEnd])
    case .rentalEnded: .error(.notActive)
    case .delegationReclaimed: .error(.notEnding)
    }
  }

  private static func active(_ input: OrderInput) -> OrderDecision {
    switch input {
    case .placeValid, .placeRefused: .keep([.answerOrder])
    case .cancel: .keep([.answerCancel(.tooLate)])
    case .deadline: .ignore(.staleTimer)
    case .fundsHeld, .delegationFinal: .ignore(.repeated)
    case .fundsRefused: .error(.moneyWasHeld)
    case .delegationSubmitted, .delegationConfirmed: .ignore(.pastIt)
    case .delegationReverted, .delegationFailed: .error(.isSolid)
    case .rentalEnded: .move(.ending, [.reclaim, .setDeadline])
    case .delegationReclaimed: .error(.notEnding)
    }
  }

  private static func ending(_ input: OrderInput) -> OrderDecision {
    switch input {
    case .placeValid, .placeRefused: .keep([.answerOrder])
    case .cancel: .keep([.answerCancel(.tooLate)])
    case .deadline: .keep([.reclaim, .incident, .setDeadline])
    case .fundsHeld, .rentalEnded: .ignore(.repeated)
    case .fundsRefused: .error(.moneyWasHeld)
    case .delegationSubmitted, .delegationConfirmed, .delegationFinal: .ignore(.pastIt)
    case .delegationReverted, .delegationFailed: .error(.isSolid)
    case .delegationReclaimed(let txs, let cost): .move(.completed, [.recordReclaim(txs), .bookCost(cost)])
    }
  }

  private static func completed(_ input: OrderInput) -> OrderDecision {
    switch input {
    case .placeValid, .placeRefused: .keep([.answerOrder])
    case .cancel: .keep([.answerCancel(.tooLate)])
    case .deadline: .ignore(.staleTimer)
    case .fundsHeld, .rentalEnded, .delegationReclaimed: .ignore(.repeated)
    case .fundsRefused: .error(.moneyWasHeld)
    case .delegationSubmitted, .delegationConfirmed, .delegationFinal: .ignore(.pastIt)
    case .delegationReverted, .delegationFailed: .error(.isSolid)
    }
  }

  private static func rejected(_ input: OrderInput) -> OrderDecision {
    switch input {
    case .placeValid, .placeRefused: .keep([.answerOrder])
    case .cancel: .keep([.answerCancel(.tooLate)])
    case .deadline: .ignore(.staleTimer)
    case .fundsHeld: .keep([.releaseHold])
    case .fundsRefused: .ignore(.repeated)
    case .delegationSubmitted, .delegationConfirmed, .delegationReverted, .delegationFailed, .delegationFinal,
      .delegationReclaimed:
      .error(.neverAsked)
    case .rentalEnded: .error(.notActive)
    }
  }

  private static func endedWithoutEnergy(_ input: OrderInput, _ state: OrderState) -> OrderDecision {
    switch input {
    case .placeValid, .placeRefused: .keep([.answerOrder])
    case .cancel: .keep([.answerCancel(state == .cancelled ? .accepted : .tooLate)])
    case .deadline: .ignore(.staleTimer)
    case .fundsHeld: .keep([.releaseHold])
    case .fundsRefused: .ignore(.pastIt)
    case .delegationFailed: .ignore(.repeated)
    case .delegationSubmitted, .delegationConfirmed, .delegationReverted, .delegationFinal:
      .error(.saidImpossible)
    case .rentalEnded: .error(.notActive)
    case .delegationReclaimed: .error(.notEnding)
    }
  }

  /// Transactions without effect, and those that took back what was delivered, have burned TRX all the same.
  private static func failedDelegation(
    _ reason: OrderFailure, _ cost: Sun?, _ withdrawal: Withdrawal, _ first: [OrderAction] = []
  ) -> OrderDecision {
    let booked: [OrderAction] = cost.map { [.bookCost($0)] } ?? []
    func end(_ state: OrderState, _ reason: OrderFailure) -> OrderDecision {
      .move(state, first + [.recordFailure(reason), .releaseHold] + booked)
    }
    switch withdrawal {
    case .none: return end(.failed, reason)
    // tx-svc cannot tell who wanted it to stop.
    case .byDeadline: return end(.failed, reason == .cancelledByCustomer ? .deadline : reason)
    case .byCustomer: return end(.cancelled, .cancelledByCustomer)
    }
  }
}
