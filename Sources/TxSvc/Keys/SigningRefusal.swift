import Contracts

/// Why the signer signs nothing. The code is for logs and metrics.
enum SigningRefusal: Error, Equatable, Sendable, CustomStringConvertible {
  /// The kill switch.
  case paused(SetSigning.Mode)
  /// order-svc did not ask for it, or for something else.
  case notSealed
  /// The receiver is the zero address, the wallet itself, or another of ours.
  case receiver
  case energyCap
  case stakeCap
  case hourlyStakeCap
  /// Withdrawn, failed, past its deadline, or in a state in which nothing is signed.
  case notWanted(String)
  /// Before the end that order-svc named (I12).
  case tooEarly
  /// The rows do not belong together: another order's leg, another wallet's.
  case mixedUp(String)
  /// What would be signed is not what was asked for.
  case otherTransaction(String)

  var code: String {
    switch self {
    case .paused: "paused"
    case .notSealed: "not_sealed"
    case .receiver: "receiver"
    case .energyCap: "energy_cap"
    case .stakeCap: "stake_cap"
    case .hourlyStakeCap: "hourly_stake_cap"
    case .notWanted: "not_wanted"
    case .tooEarly: "too_early"
    case .mixedUp: "mixed_up"
    case .otherTransaction: "other_transaction"
    }
  }

  /// How a delegation ends that is refused for this; nil: waiting, or an order-svc that asks again, ends it.
  var failure: OrderFailure? {
    switch self {
    case .paused: .signingPaused
    case .receiver: .receiverNotAllowed
    case .energyCap, .stakeCap: .energyOutOfRange
    case .hourlyStakeCap: .poolEmpty
    case .notSealed, .notWanted, .tooEarly, .mixedUp, .otherTransaction: nil
    }
  }

  var description: String {
    let what =
      switch self {
      case .paused(let mode): "the kill switch stands at \(mode.rawValue)"
      case .notSealed: "order-svc's seal is missing or is not for this"
      case .receiver: "the receiver is the zero address or a wallet of ours"
      case .energyCap: "the leg's energy is not between 1 and the order's, or above ENERGY_ORDER_ENERGY_MAX"
      case .stakeCap: "the leg's stake is below 1 TRX or above ENERGY_TRANSACTION_TRX_MAX"
      case .hourlyStakeCap: "ENERGY_HOUR_TRX_MAX is reached"
      case .notWanted(let why): why
      case .tooEarly: "the head block's time is before the rental's end"
      case .mixedUp(let what): what
      case .otherTransaction(let what): "the bytes say something else: \(what)"
      }
    return "nothing is signed: \(what)"
  }
}
