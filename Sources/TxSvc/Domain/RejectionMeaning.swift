import Contracts

/// What follows for the order from a definitive refusal (java-tron's codes and texts).
enum RejectionMeaning: Sendable, Equatable {
  /// Nothing is wrong with the order or the wallet: build it anew.
  case buildAnew
  /// This wallet cannot; another may.
  case otherWallet
  /// No wallet can.
  case fails(OrderFailure)

  static func of(_ rejection: Rejection) -> RejectionMeaning {
    switch rejection.code {
    case "TAPOS_ERROR", "TRANSACTION_EXPIRATION_ERROR": .buildAnew
    case "SIGERROR", "BANDWITH_ERROR": .otherWallet
    case "CONTRACT_VALIDATE_ERROR", "CONTRACT_EXE_ERROR": ofValidation(rejection.message)
    default: .fails(.chainRefused)
    }
  }

  /// Texts of DelegateResourceActuator. "Account[…] not exists" names the owner or the receiver alike; the owner is
  /// an account of ours that was read from the chain when it was added.
  private static func ofValidation(_ message: String) -> RejectionMeaning {
    if message.contains("not exists") { return .fails(.receiverNotActivated) }
    if message.contains("contract addresses") { return .fails(.receiverIsContract) }
    if message.contains("receiverAddress must not be the same") { return .fails(.receiverNotAllowed) }
    if message.contains("available FreezeEnergyV2") || message.contains("lock period") { return .otherWallet }
    return .fails(.chainRefused)
  }
}
