import Contracts
import TronKit

/// A transaction that was signed elsewhere, read in full: what cannot be read to the last byte is not passed on, and
/// nothing but a transfer of TRX or of the configured token is.
struct OutsideTransaction: Sendable {
  struct Refusal: Error, Equatable {
    let code: String
    let detail: String
  }

  /// java-tron: an account's permission has at most 5 keys.
  private static let signaturesMax = 5

  let signed: SignedTransaction
  let owner: TronAddress
  /// Chain time in milliseconds.
  let expirationMs: Int64

  /// - Parameter hex: as BroadcastTransaction carries it.
  init(hex: String, token: TronAddress) throws(Refusal) {
    guard hex.utf8.count <= BroadcastTransaction.lengthMax else {
      throw Refusal(
        code: "bad_transaction",
        detail: "it has \(hex.utf8.count) characters: a transfer has less than \(BroadcastTransaction.lengthMax)")
    }
    let raw: RawTransaction
    do {
      signed = try SignedTransaction(decoding: try Hex.decode(hex))
      raw = try RawTransaction(decodingExactly: signed.rawBytes)
    } catch {
      throw Refusal(code: "bad_transaction", detail: "it cannot be read: \(error)")
    }
    let signers: [TronAddress]
    do throws(KeyError) {
      signers = try signed.signers()
    } catch {
      throw Refusal(code: "not_signed", detail: "a signature of \(signed.id) is none: \(error.description)")
    }
    guard (1...Self.signaturesMax).contains(signers.count), Set(signers).count == signers.count else {
      throw Refusal(
        code: "not_signed",
        detail: "\(signed.id) has \(signers.count) signatures of \(Set(signers).count) keys: give 1 to "
          + "\(Self.signaturesMax), each of another")
    }
    owner = try Self.owner(ofTransfer: raw.contract, token: token)
    expirationMs = raw.expiration
  }

  /// Whose TRX or tokens are sent.
  private static func owner(ofTransfer contract: Contract, token: TronAddress) throws(Refusal) -> TronAddress {
    switch contract {
    case .transfer(let owner, _, let amount):
      guard amount.value > 0 else { throw Refusal(code: "not_allowed", detail: "it sends \(amount.value) sun") }
      return owner
    case .triggerSmartContract(let call):
      guard call.contract == token, call.value == .zero, call.tokenValue == 0, call.tokenID == 0 else {
        throw Refusal(
          code: "not_allowed", detail: "it calls \(call.contract), or sends something along: only \(token) is called")
      }
      guard case .transfer(_, let amount) = try tokenCall(call.data), amount > 0 else {
        throw Refusal(code: "not_allowed", detail: "it calls another function than transfer, or moves nothing")
      }
      return call.owner
    default:
      throw Refusal(
        code: "not_allowed", detail: "it is a \(contract.name): only transfers of TRX and of \(token) are sent")
    }
  }

  private static func tokenCall(_ data: [UInt8]) throws(Refusal) -> TokenCall? {
    do throws(ABIError) {
      return try TokenCall(decoding: data)
    } catch {
      throw Refusal(code: "not_allowed", detail: "its call cannot be read: \(error.description)")
    }
  }
}
