import Contracts
import Foundation
import Testing
import TronKit

@testable import TxSvc

@Suite("A transaction that was signed elsewhere")
struct OutsideTransactionTests {
  private let key: PrivateKey
  private let to: TronAddress

  init() throws {
    key = try PrivateKey.generate()
    to = try Samples.address(9)
  }

  private func raw(_ contract: Contract) throws -> RawTransaction {
    RawTransaction(
      referencing: try Samples.block(3), expiration: 5_000, timestamp: 2, feeLimit: Sun(100), contract: contract)
  }

  private func call(
    _ data: [UInt8], contract: TronAddress = USDT.mainnet, value: Int64 = 0, tokenValue: Int64 = 0
  ) -> Contract {
    .triggerSmartContract(
      SmartContractCall(
        owner: key.address, contract: contract, value: Sun(value), data: data, tokenValue: tokenValue,
        tokenID: tokenValue))
  }

  private func refusal(_ hex: String) throws -> String? {
    do throws(OutsideTransaction.Refusal) {
      _ = try OutsideTransaction(hex: hex, token: USDT.mainnet)
      return nil
    } catch {
      return error.code
    }
  }

  private func refusal(_ contract: Contract) throws -> String? {
    try refusal(Hex.encode(try raw(contract).signed(with: key).encoded()))
  }

  @Test("a transfer of TRX or of the token is taken, with its owner and its end")
  func taken() throws {
    let contracts: [Contract] = [
      .transfer(owner: key.address, to: to, amount: Sun(5)),
      call(try TokenCall.transfer(to: to, amount: 5).data()),
    ]
    for contract in contracts {
      let signed = try raw(contract).signed(with: key)
      let transaction = try OutsideTransaction(hex: Hex.encode(signed.encoded()), token: USDT.mainnet)
      #expect(transaction.signed == signed)
      #expect(transaction.owner == key.address)
      #expect(transaction.expirationMs == 5_000)
    }
  }

  @Test("anything that is no transfer is not allowed")
  func others() throws {
    let transfer = try TokenCall.transfer(to: to, amount: 5).data()
    let contracts: [Contract] = [
      .transfer(owner: key.address, to: to, amount: .zero),
      .delegateResource(
        owner: key.address, receiver: to, resource: .energy, balance: Sun(5_000_000), lock: false, lockPeriod: 0),
      .freezeBalance(owner: key.address, resource: .energy, balance: Sun(5_000_000)),
      call(transfer, contract: to), call(transfer, value: 1), call(transfer, tokenValue: 1),
      call(try TokenCall.transfer(to: to, amount: 0).data()), call(try TokenCall.balance(of: to).data()),
      call([0x09, 0x5e, 0xa7, 0xb3] + transfer.dropFirst(4)), call(transfer + [0]), call([]),
    ]
    for contract in contracts { #expect(try refusal(contract) == "not_allowed", "\(contract)") }
  }

  @Test("what cannot be read to the last byte is not passed on")
  func unreadable() throws {
    let raw = try raw(.transfer(owner: key.address, to: to, amount: Sun(5)))
    let signed = try raw.signed(with: key)
    let strange = raw.encoded() + [0x9a, 0x06, 1, 7]
    let id = SignedTransaction(rawBytes: strange, signatures: []).id
    let more = SignedTransaction(rawBytes: strange, signatures: [try key.sign(id.bytes)])
    for hex in [
      "", "zz", "0a", Hex.encode(raw.encoded()), Hex.encode(more.encoded()), Hex.encode(signed.encoded().dropLast()),
      String(repeating: "00", count: BroadcastTransaction.lengthMax),
    ] { #expect(try refusal(hex) == "bad_transaction", "\(hex.prefix(20))") }
  }

  @Test("without a signature, or with one key's twice, it is not signed")
  func unsigned() throws {
    let raw = try raw(.transfer(owner: key.address, to: to, amount: Sun(5)))
    let signature = try key.sign(raw.id.bytes)
    for signatures in [[], [signature, signature]] {
      let signed = SignedTransaction(rawBytes: raw.encoded(), signatures: signatures)
      #expect(try refusal(Hex.encode(signed.encoded())) == "not_signed")
    }
    let other = try PrivateKey.generate()
    let both = SignedTransaction(rawBytes: raw.encoded(), signatures: [signature, try other.sign(raw.id.bytes)])
    #expect(try refusal(Hex.encode(both.encoded())) == nil)
  }
}
