import Contracts
import Testing
import TronKit

@testable import TxSvc

/// java-tron's refusals of a delegation, verbatim from its DelegateResourceActuator.
struct RejectionMeaningTests {
  static let receiver = "41aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
  static let owner = "410101010101010101010101010101010101010101"

  private func meaning(_ code: String, _ message: String) throws -> RejectionMeaning {
    .of(Rejection(code: code, message: message), owner: try Samples.address(1))
  }

  @Test(
    "each code that ends a transaction says what follows",
    arguments: [
      ("SIGERROR", "Validate signature error: Permission denied", RejectionMeaning.otherWallet),
      ("CONTRACT_EXE_ERROR", "Contract execute error : something", .fails(.chainRefused)),
      ("BANDWITH_ERROR", "Account resource insufficient error.", .otherWallet),
      ("TAPOS_ERROR", "Tapos check error.", .buildAnew),
      ("TOO_BIG_TRANSACTION_ERROR", "Too big transaction, TxId 00, the size is 600000 bytes", .fails(.chainRefused)),
      ("TRANSACTION_EXPIRATION_ERROR", "Transaction expired", .buildAnew),
    ])
  func codes(code: String, message: String, expected: RejectionMeaning) throws {
    #expect(try meaning(code, message) == expected)
  }

  @Test(
    "each message of DelegateResourceActuator says what follows",
    arguments: [
      ("No support for resource delegate", RejectionMeaning.fails(.chainRefused)),
      (
        "Not support Delegate resource transaction, need to be opened by the committee",
        .fails(.chainRefused)
      ),
      ("Invalid address", .fails(.chainRefused)),
      ("Account[\(owner)] not exists", .otherWallet),
      ("delegateBalance must be greater than or equal to 1 TRX", .fails(.chainRefused)),
      (
        "delegateBalance must be less than or equal to available FreezeBandwidthV2 balance",
        .fails(.chainRefused)
      ),
      ("delegateBalance must be less than or equal to available FreezeEnergyV2 balance", .otherWallet),
      ("ResourceCode error, valid ResourceCode[BANDWIDTH、ENERGY]", .fails(.chainRefused)),
      ("Invalid receiverAddress", .fails(.receiverNotAllowed)),
      ("receiverAddress must not be the same as ownerAddress", .fails(.receiverNotAllowed)),
      ("Account[\(receiver)] not exists", .fails(.receiverNotActivated)),
      (
        "The lock period of delegate resource cannot be less than 0 and cannot exceed 864000!",
        .fails(.chainRefused)
      ),
      (
        "The lock period for ENERGY this time cannot be less than the remaining time[5ms] of the last lock period "
          + "for ENERGY!", .otherWallet
      ),
      ("Do not allow delegate resources to contract addresses", .fails(.receiverIsContract)),
      ("a text of a later version", .fails(.chainRefused)),
    ])
  func messages(message: String, expected: RejectionMeaning) throws {
    #expect(try meaning("CONTRACT_VALIDATE_ERROR", "Contract validate error : \(message)") == expected)
  }
}
