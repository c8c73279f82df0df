import Foundation
import TestKit
import Testing
import TronKit

@testable import TxSvc

/// What tx-svc signs and stores, read by tronpy and Google's protobuf.
@Suite("What others read in tx-svc's transactions", .timeLimit(.minutes(5)))
struct TronpyTests {
  private struct Reading: Decodable, Equatable {
    var txid: String
    var type: String
    var permission_id: Int
    var expiration: Int64
    var signers: [String]
    var owner_address: String
    var receiver_address: String
    var resource: Int64
    var balance: Int64
    var lock: Bool?
  }

  @Test("is the delegation that was asked for and its reclaim, with the owner's or a restricted key")
  func readsTransactions() async throws {
    var stored: [StoredTransaction] = []
    var expected: [Reading] = []
    for purpose in [StoredTransaction.Purpose.delegate, .reclaim] {
      for permission in [0, 2] {
        let world = try SigningRulesTests.World(purpose, permission: permission)
        let transaction = try world.sign()
        stored.append(transaction)
        expected.append(
          Reading(
            txid: transaction.id.hex,
            type: purpose == .delegate ? "DelegateResourceContract" : "UnDelegateResourceContract",
            permission_id: permission, expiration: 5_060_000, signers: [world.key.address.base58],
            owner_address: world.key.address.base58, receiver_address: try Samples.address(0xaa).base58, resource: 1,
            balance: 7_000_000))
      }
    }
    let input = try JSONEncoder().encode(stored.map { Hex.encode($0.bytes) })
    let output = try await Python.run("tronpy_verify.py", input: String(decoding: input, as: UTF8.self))
    #expect(try JSONDecoder().decode([Reading].self, from: Data(output.utf8)) == expected)
  }
}
