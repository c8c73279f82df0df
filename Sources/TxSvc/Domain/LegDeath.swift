import Contracts

/// Why a delegation transaction can never take effect.
enum LegDeath: Sendable, Equatable {
  /// Expired, or refused for a reason that a new one does not share.
  case buildAnew
  /// The wallet cannot.
  case otherWallet
  /// Nobody can.
  case fails(OrderFailure)

  init(_ meaning: RejectionMeaning) {
    self =
      switch meaning {
      case .buildAnew: .buildAnew
      case .otherWallet: .otherWallet
      case .fails(let failure): .fails(failure)
      }
  }
}
