import Contracts
import Testing

@testable import TxSvc

struct RejectionMeaningTests {
  @Test(
    "java-tron's refusals mean what they say",
    arguments: [
      ("TAPOS_ERROR", "Tapos check error.", RejectionMeaning.buildAnew),
      ("TRANSACTION_EXPIRATION_ERROR", "Transaction expired", .buildAnew),
      ("BANDWITH_ERROR", "Account resource insufficient error.", .otherWallet),
      ("SIGERROR", "Validate signature error: Permission denied", .otherWallet),
      ("TOO_BIG_TRANSACTION_ERROR", "Too big transaction", .fails(.chainRefused)),
      ("CONTRACT_VALIDATE_ERROR", "Contract validate error : Account[41aa] not exists", .fails(.receiverNotActivated)),
      (
        "CONTRACT_VALIDATE_ERROR", "Contract validate error : Do not allow delegate resources to contract addresses",
        .fails(.receiverIsContract)
      ),
      (
        "CONTRACT_VALIDATE_ERROR", "Contract validate error : receiverAddress must not be the same as ownerAddress",
        .fails(.receiverNotAllowed)
      ),
      (
        "CONTRACT_VALIDATE_ERROR",
        "Contract validate error : delegateBalance must be less than or equal to available FreezeEnergyV2 balance",
        .otherWallet
      ),
      (
        "CONTRACT_VALIDATE_ERROR",
        "Contract validate error : The lock period for ENERGY this time cannot be less than the remaining time[5ms] of "
          + "the last lock period for ENERGY!", .otherWallet
      ),
      (
        "CONTRACT_VALIDATE_ERROR", "Contract validate error : delegateBalance must be greater than or equal to 1 TRX",
        .fails(.chainRefused)
      ),
    ])
  func delegation(code: String, message: String, meaning: RejectionMeaning) {
    #expect(RejectionMeaning.of(Rejection(code: code, message: message)) == meaning)
  }
}
