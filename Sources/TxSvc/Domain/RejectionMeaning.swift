import Contracts
import TronKit

/// What follows for the order when its delegation can never take effect: it was refused for good (java-tron's codes and
/// texts), has expired, or had no effect.
enum RejectionMeaning: Sendable, Equatable {
  /// Nothing is wrong with the order or the wallet, as where it has expired: build it anew.
  case buildAnew
  /// This wallet cannot; another may.
  case otherWallet
  /// No wallet can.
  case fails(OrderFailure)

  /// - Parameter owner: the wallet that was to lend.
  static func of(_ rejection: Rejection, owner: TronAddress) -> RejectionMeaning {
    switch rejection.code {
    case "TAPOS_ERROR", "TRANSACTION_EXPIRATION_ERROR": .buildAnew
    case "SIGERROR", "BANDWITH_ERROR": .otherWallet
    case "CONTRACT_VALIDATE_ERROR", "CONTRACT_EXE_ERROR": ofValidation(rejection.message, owner)
    default: .fails(.chainRefused)
    }
  }

  /// Texts of DelegateResourceActuator, without what varies in them.
  private static let texts: [(part: String, meaning: RejectionMeaning)] = [
    ("available FreezeEnergyV2 balance", .otherWallet),
    ("The lock period for ENERGY this time cannot be less than", .otherWallet),
    ("Do not allow delegate resources to contract addresses", .fails(.receiverIsContract)),
    ("receiverAddress must not be the same as ownerAddress", .fails(.receiverNotAllowed)),
    ("Invalid receiverAddress", .fails(.receiverNotAllowed)),
  ]

  private static func ofValidation(_ message: String, _ owner: TronAddress) -> RejectionMeaning {
    if message.contains("not exist") {
      // "Account[41…] not exists" names the owner and the receiver alike.
      let isOwner = message.contains(owner.hex) || message.contains(owner.base58)
      return isOwner ? .otherWallet : .fails(.receiverNotActivated)
    }
    return texts.first { message.contains($0.part) }?.meaning ?? .fails(.chainRefused)
  }
}
