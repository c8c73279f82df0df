import Foundation
import TestKit
import Testing
import TronKit

/// What TronKit signs, read by others: Google's protobuf must write the same bytes, and tronpy find the signer.
@Suite(.timeLimit(.minutes(5))) struct TronpyTests {
  private struct Reading: Decodable, Equatable {
    var txid: String
    var type: String
    var permission_id: Int32
    var expiration: Int64
    var timestamp: Int64
    var fee_limit: Int64
    var ref_block: String
    var signers: [String]
    var owner_address: String?
    var receiver_address: String?
    var to_address: String?
    var balance: Int64?
    var amount: Int64?
    var resource: Int64?
    var lock: Bool?
    var lock_period: Int64?
  }

  private let key: PrivateKey
  private let receiver: TronAddress
  private let block: BlockID

  init() throws {
    key = try PrivateKey.generate()
    receiver = try PrivateKey.generate().address
    block = try BlockID(hex: "0000000003fe266bf6b6d392f654dc2e5011601546ed04623d9fcc4e9d439a25")
  }

  private func read(_ transactions: [SignedTransaction]) async throws -> [Reading] {
    let input = try JSONEncoder().encode(transactions.map { Hex.encode($0.encoded()) })
    let output = try await Python.run("tronpy_verify.py", input: String(decoding: input, as: UTF8.self))
    return try JSONDecoder().decode([Reading].self, from: Data(output.utf8))
  }

  @Test func everyRentalContractIsReadAsItWasMeant() async throws {
    let owner = key.address
    let contracts: [(Contract, Int32)] = [
      (
        .delegateResource(
          owner: owner, receiver: receiver, resource: .energy, balance: Sun(7_000_000_000), lock: true,
          lockPeriod: 1_200),
        2
      ),
      (
        .delegateResource(
          owner: owner, receiver: receiver, resource: .bandwidth, balance: Sun(1_000_000), lock: false,
          lockPeriod: 0),
        0
      ),
      (.undelegateResource(owner: owner, receiver: receiver, resource: .energy, balance: Sun(1)), 2),
      (.transfer(owner: owner, to: receiver, amount: Sun(Int64.max)), 0),
    ]
    let signed = try contracts.map { contract, permission in
      try RawTransaction(
        referencing: block, expiration: 1_777_445_367_000, timestamp: 1_777_445_307_001, contract: contract,
        permissionID: permission
      ).signed(with: key)
    }
    let readings = try await read(signed)
    #expect(readings.map(\.txid) == signed.map(\.id.hex))
    #expect(readings.map(\.signers) == signed.map { _ in [owner.base58] })
    #expect(readings.map(\.owner_address) == signed.map { _ in owner.base58 })
    #expect(readings.map(\.permission_id) == contracts.map(\.1))
    #expect(readings.map(\.type) == contracts.map(\.0.name))
    #expect(readings.map(\.ref_block) == signed.map { _ in "266bf6b6d392f654dc2e" })
    #expect(readings.map(\.expiration) == signed.map { _ in 1_777_445_367_000 })
    #expect(readings.map(\.balance) == [7_000_000_000, 1_000_000, 1, nil])
    #expect(readings.map(\.receiver_address) == [receiver.base58, receiver.base58, receiver.base58, nil])
    #expect(readings.map(\.resource) == [1, nil, 1, nil])
    #expect(readings.map(\.lock) == [true, nil, nil, nil])
    #expect(readings[0].lock_period == 1_200)
    #expect(readings[3].amount == Int64.max && readings[3].to_address == receiver.base58)
  }

  @Test func whatAnotherKeySignedIsNotTheOwners() async throws {
    let stranger = try PrivateKey.generate()
    let contract = Contract.undelegateResource(
      owner: key.address, receiver: receiver, resource: .energy, balance: Sun(1))
    let signed = try RawTransaction(
      referencing: block, expiration: 2, timestamp: 1, contract: contract
    ).signed(with: stranger)
    #expect(try await read([signed]).map(\.signers) == [[stranger.address.base58]])
  }
}
