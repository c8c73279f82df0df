import BusKit
import Contracts
import Foundation
import Testing
import TronKit

@Suite("Messages on the wire")
struct WireFormatTests {
  static func goldens() throws -> [Golden] {
    try OrderGoldens.all() + WalletGoldens.all() + AddressGoldens.all() + TxGoldens.all() + TxOperatorGoldens.all()
      + ChainGoldens.all() + OwnMoneyGoldens.all() + PoolGoldens.all() + EdgeGoldens.all() + DepositGoldens.all()
      + LedgerGoldens.all() + AdjustmentGoldens.all()
  }

  @Test("every message has the type, topic and key it always had")
  func addresses() throws {
    for golden in try Self.goldens() { #expect(golden.foundAddress == golden.address) }
  }

  @Test("every message is written as it always was")
  func writing() throws {
    for golden in try Self.goldens() { #expect(golden.found == golden.json, "\(golden.address)") }
  }

  @Test("what was written is read, and nothing of it is lost")
  func reading() throws {
    for golden in try Self.goldens() { #expect(try golden.rewrite(golden.json) == golden.json, "\(golden.address)") }
  }

  @Test("a field that a newer release has added does not disturb an older reader")
  func newerProducers() throws {
    for golden in try Self.goldens() where golden.json != "{}" {
      let newer = golden.json.dropLast() + #","zz_added_later":{"a":[1]}}"#
      #expect(try golden.rewrite(String(newer)) == golden.json, "\(golden.address)")
    }
  }

  @Test("every command that carries a sealed key is written as it always was")
  func addSupplier() throws {
    let json = #"{"ciphertext":"BAU=","encapsulated":"AgM=","keyID":"k1"}"#
    let key = try MessageCoder.decode(SealedKey.self, from: Array(json.utf8))
    let command = AddSupplier(address: Samples.receiver, sealedKey: key, permissionID: 2, action: Samples.action)
    #expect(command.messageKey == Samples.receiver.base58)
    #expect(
      String(decoding: try MessageCoder.encode(command), as: UTF8.self)
        == #"{"action":{"actor":"ann","key":"k-1","reason":"top-up"},"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","#
        + #""permissionID":2,"sealedKey":\#(json)}"#)
  }

  @Test("states, statuses and reasons keep the words that databases and clients have stored")
  func words() {
    #expect(
      OrderState.allCases.map(\.rawValue) == [
        "placed", "funded", "delegating", "cancelling", "delivered", "active", "ending", "completed", "rejected",
        "failed", "cancelled",
      ])
    #expect(
      OrderState.allCases.map(\.status.rawValue) == [
        "pending", "processing", "processing", "processing", "active", "active", "completed", "completed", "failed",
        "failed", "cancelled",
      ])
    #expect(
      OrderFailure.allCases.map(\.rawValue) == [
        "expired", "price_changed", "unknown_product", "energy_out_of_range", "insufficient_balance",
        "already_released", "receiver_not_activated", "receiver_is_contract", "receiver_not_allowed", "pool_empty",
        "signing_paused", "deadline", "chain_refused", "cancelled_by_customer",
      ])
  }

  @Test("every message in the sources has its place here, and a type of its own")
  func complete() throws {
    let declared = try Self.declared()
    #expect(declared.count > 40)
    #expect(Set(declared).count == declared.count)
    let tested = try Self.goldens().compactMap { $0.address.split(separator: " ").first.map(String.init) }
    #expect(Set(declared).subtracting(tested) == [AddSupplier.messageType])
  }

  /// The types of all messages in the sources.
  static func declared() throws -> [String] {
    let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Sources/Contracts")
    let files = try #require(FileManager.default.enumerator(at: root.standardized, includingPropertiesForKeys: nil))
    var declared: [String] = []
    for case let file as URL in files where file.pathExtension == "swift" {
      let source = try String(contentsOf: file, encoding: .utf8)
      declared += source.matches(of: /messageType = "([^"]+)"/).map { String($0.1) }
    }
    return declared
  }
}
