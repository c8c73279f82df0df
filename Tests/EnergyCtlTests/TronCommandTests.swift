import ArgumentParser
import Foundation
import Testing
import TronKit

@testable import EnergyCtl

@Suite("energyctl tron")
struct TronCommandTests {
  private func address(_ text: String) throws -> TronCommand.Address {
    try #require(try EnergyCtl.parseAsRoot(["tron", "address", text]) as? TronCommand.Address)
  }

  private func inspect(_ hex: String) throws -> TronCommand.Inspect {
    try #require(try EnergyCtl.parseAsRoot(["tron", "inspect", hex]) as? TronCommand.Inspect)
  }

  @Test("prints both forms of an address, whichever is given")
  func addresses() throws {
    let pairs = try Vectors.load().address_pairs
    #expect(pairs.count == 25)
    for pair in pairs {
      let expected = "base58 \(pair.base58)\nhex    \(pair.hex)"
      #expect(try address(pair.base58).output() == expected)
      #expect(try address(pair.hex).output() == expected)
    }
  }

  @Test("says what is wrong with anything else, and exits with 1")
  func badAddresses() throws {
    let invalid = try Vectors.load().invalid_addresses.map(\.value)
    #expect(invalid.count == 8)
    for value in invalid + ["x", "41", "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwc"] {
      let command = try address(value)
      #expect(throws: TronAddressError.self) { try command.output() }
      #expect(throws: ExitCode.failure) { try command.run() }
    }
  }

  @Test("prints what a signed transaction says, and who signed it")
  func signed() throws {
    let vectors = try Vectors.load().signed_transactions
    #expect(vectors.count == 26)
    for vector in vectors {
      let output = try inspect(vector.broadcasthex).output()
      let found = try JSONDecoder().decode(TransactionInspection.self, from: Data(output.utf8))
      #expect(found.txid.hex == vector.txID)
      #expect(found.signers.map(\.base58) == [vector.signer])
      #expect(found.expiration == vector.decoded.expiration)
      #expect(found.permissionID == vector.decoded.permission_id)
    }
  }

  @Test("prints bare raw data with no signer")
  func unsigned() throws {
    for vector in try Vectors.load().signed_transactions {
      let output = try inspect(vector.raw_data_hex).output()
      let found = try JSONDecoder().decode(TransactionInspection.self, from: Data(output.utf8))
      #expect(found.txid.hex == vector.txID)
      #expect(found.signers.isEmpty)
    }
  }

  @Test("names what a delegation carries")
  func delegation() throws {
    let vectors = try Vectors.load().signed_transactions
    let vector = try #require(vectors.first { $0.contract == "DelegateResourceContract" })
    let json = try JSONSerialization.jsonObject(with: Data(inspect(vector.broadcasthex).output().utf8))
    let fields = try #require(json as? [String: Any])
    for name in ["txid", "contract", "owner", "receiver", "resource", "balance", "lock", "expiration", "signers"] {
      #expect(fields[name] != nil, "\(name) is missing")
    }
    #expect(fields["value_hex"] == nil)
  }

  @Test("exits with 1 for what is no transaction", arguments: [
    "", "0a", "zz", "0a0200", String(repeating: "f", count: 99),
  ])
  func badTransactions(hex: String) throws {
    let command = try inspect(hex)
    #expect(throws: ExitCode.failure) { try command.run() }
  }
}
