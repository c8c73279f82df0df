import Foundation
import Testing
import TronKit

@Suite struct TransactionTests {
  @Test func realTransactionsHaveTheirIdSignerAndSize() throws {
    let vectors = try Vectors.load().signed_transactions
    #expect(vectors.count == 26)
    for vector in vectors {
      let raw = try Hex.decode(vector.raw_data_hex)
      let signed = SignedTransaction(rawBytes: raw, signatures: [try Signature(bytes: Hex.decode(vector.signature))])
      #expect(signed.id.hex == vector.txID)
      #expect(try signed.signers().map(\.base58) == [vector.signer])
      #expect(Hex.encode(signed.encoded()) == vector.broadcasthex)
      #expect(signed.encoded().count == vector.signed_tx_bytes)
      #expect(signed.bandwidth == vector.bandwidth)
      #expect(try SignedTransaction(decoding: Hex.decode(vector.broadcasthex)) == signed)
    }
  }

  @Test func realTransactionsAreReadFieldByFieldAndWrittenByteForByte() throws {
    for vector in try Vectors.load().signed_transactions {
      let bytes = try Hex.decode(vector.raw_data_hex)
      let raw = try RawTransaction(decodingExactly: bytes)
      #expect(raw.encoded() == bytes)
      #expect(raw.id.hex == vector.txID)
      #expect(raw.contract.type == vector.contract_type)
      #expect(Hex.encode(raw.refBlockBytes) == vector.decoded.ref_block_bytes)
      #expect(Hex.encode(raw.refBlockHash) == vector.decoded.ref_block_hash)
      #expect(raw.expiration == vector.decoded.expiration)
      #expect(raw.timestamp == vector.decoded.timestamp)
      #expect(raw.feeLimit == vector.decoded.fee_limit ?? 0)
      #expect(Hex.encode(raw.data) == vector.decoded.memo_hex)
      #expect(raw.permissionID == vector.decoded.permission_id)
      if case .unknown = raw.contract { #expect(![1, 57, 58].contains(vector.contract_type)) }
    }
  }

  @Test func signaturesAreThoseOfOtherImplementationsByteForByte() throws {
    let vectors = try Vectors.load()
    var compared = 0
    for vector in vectors.signed_transactions where vector.rfc6979_deterministic == true {
      let key = try PrivateKey(hex: #require(vector.private_key))
      let raw = try RawTransaction(decodingExactly: Hex.decode(vector.raw_data_hex))
      #expect(Hex.encode(try #require(raw.signed(with: key).signatures.first).bytes) == vector.signature)
      compared += 1
    }
    #expect(compared == 6)
    for vector in vectors.unsigned_transactions {
      let raw = try RawTransaction(decodingExactly: Hex.decode(vector.raw_data_hex))
      #expect(raw.id.hex == vector.txID, "\(vector.name)")
      guard let hex = vector.owner_private_key, let expected = vector.selfsigned_rfc6979_signature else { continue }
      let signed = try raw.signed(with: PrivateKey(hex: hex))
      #expect(signed.signatures.map { Hex.encode($0.bytes) } == [expected], "\(vector.name)")
      compared += 1
    }
    #expect(compared == 10)
  }

  @Test func aDelegationIsBuiltAsANodeBuildsIt() throws {
    let vectors = try Vectors.load().unsigned_transactions
    let vector = try #require(vectors.first { $0.name == "delegate_lock" })
    let raw = RawTransaction(
      refBlockBytes: [0x4f, 0x16], refBlockHash: try Hex.decode("4f8a4770d0ae6bef"), expiration: 1_791_285_831_000,
      timestamp: 1_791_285_772_380,
      contract: .delegateResource(
        owner: try TronAddress(parsing: "TUEZSdKsoDHQMeZwihtdoBiN46zxhGWYdH"),
        receiver: try TronAddress(parsing: "TSeJkUh4Qv67VNFwY8LaAxERygNdy6NQZK"), resource: .energy,
        balance: Sun(5_000_000), lock: true, lockPeriod: 28_800))
    #expect(Hex.encode(raw.encoded()) == vector.raw_data_hex)
    #expect(raw.id.hex == vector.txID)
  }

  @Test(arguments: [ResourceCode.energy, .bandwidth], [Int32(0), 2])
  func whatIsBuiltIsReadBack(resource: ResourceCode, permissionID: Int32) throws {
    let owner = try PrivateKey.generate()
    let receiver = try PrivateKey.generate().address
    let contracts: [Contract] = [
      .delegateResource(
        owner: owner.address, receiver: receiver, resource: resource, balance: Sun(.max), lock: false, lockPeriod: 0),
      .undelegateResource(owner: owner.address, receiver: receiver, resource: resource, balance: Sun(1)),
      .transfer(owner: owner.address, to: receiver, amount: Sun(300)),
      .unknown(type: 31, typeURL: "type.googleapis.com/protocol.TriggerSmartContract", value: [1, 2, 3]),
    ]
    let block = try BlockID(hex: "0000000003fe266bf6b6d392f654dc2e5011601546ed04623d9fcc4e9d439a25")
    for contract in contracts {
      let raw = RawTransaction(
        referencing: block, expiration: 2, timestamp: 1, contract: contract, permissionID: permissionID)
      let signed = try raw.signed(with: owner)
      let back = try SignedTransaction(decoding: signed.encoded())
      #expect(try RawTransaction(decodingExactly: back.rawBytes) == raw)
      #expect(try back.signers() == [owner.address])
    }
  }

  @Test func aChangedBitMakesAnotherSignerOrNone() throws {
    let vector = try #require(try Vectors.load().signed_transactions.first { $0.contract_type == 57 })
    let good = try SignedTransaction(decoding: Hex.decode(vector.broadcasthex))
    for position in stride(from: 0, to: good.rawBytes.count, by: 7) {
      var raw = good.rawBytes
      raw[position] ^= 1
      let changed = SignedTransaction(rawBytes: raw, signatures: good.signatures)
      do throws(KeyError) {
        #expect(try changed.signers().map(\.base58) != [vector.signer])
      } catch {
        #expect(error.code == "bad_signature")
      }
    }
  }

  @Test func everyCutOfATransactionIsRefusedOrHasAnotherMeaning() throws {
    let vector = try #require(try Vectors.load().signed_transactions.first { $0.contract_type == 57 })
    let bytes = try Hex.decode(vector.broadcasthex)
    let whole = try SignedTransaction(decoding: bytes)
    for count in 0..<bytes.count {
      do throws(TransactionError) {
        #expect(try SignedTransaction(decoding: Array(bytes.prefix(count))) != whole)
      } catch {
        #expect(error.code == "malformed_transaction")
      }
      if count < whole.rawBytes.count {
        #expect(throws: TransactionError.self) {
          let raw = try RawTransaction(decodingExactly: Array(whole.rawBytes.prefix(count)))
          if raw != (try whole.raw()) { throw TransactionError.unsupported("another meaning") }
        }
      }
    }
  }

  @Test(arguments: [
    "", "0a", "0aff", "0aff01", "0affffffffffffffffff7f", "0affffffffffffffffffff01", "00", "0b", "5a00", "5a005a00",
    "40",
  ])
  func otherBytesAreNoTransactionAndDoNoHarm(hex: String) throws {
    let bytes = try Hex.decode(hex)
    #expect(throws: TransactionError.self) { try SignedTransaction(decoding: bytes) }
    #expect(throws: TransactionError.self) { try RawTransaction(decodingExactly: bytes) }
  }

  @Test func aFieldThatIsNotUnderstoodIsNeverSignedUnread() throws {
    let vector = try #require(try Vectors.load().unsigned_transactions.first)
    // Field 12, scripts.
    let bytes = try Hex.decode(vector.raw_data_hex) + [0x62, 1, 7]
    #expect(throws: TransactionError.self) { try RawTransaction(decodingExactly: bytes) }
    #expect(try RawTransaction(decoding: bytes).contract.name == "TransferContract")
    // A type that is not the one of its parameter.
    let raw = try RawTransaction(decoding: bytes)
    var lying = raw
    lying.contract = .unknown(type: 57, typeURL: raw.contract.typeURL, value: raw.contract.encodedValue())
    guard case .unknown(57, _, _) = try RawTransaction(decodingExactly: lying.encoded()).contract else {
      Issue.record("a transfer was read as a delegation")
      return
    }
  }

  @Test func blockIDsGiveTheReferenceThatTransactionsCarry() throws {
    let vectors = try Vectors.load()
    for vector in vectors.block_ids {
      let id = try BlockID(hex: vector.blockID)
      #expect(id.number == vector.header.number)
      #expect(Hex.encode(id.refBlockBytes) == vector.ref_block_bytes)
      #expect(Hex.encode(id.refBlockHash) == vector.ref_block_hash)
    }
    for vector in vectors.signed_transactions {
      guard let hex = vector.ref_block_id else { continue }
      let raw = try RawTransaction(decoding: Hex.decode(vector.raw_data_hex))
      let id = try BlockID(hex: hex)
      #expect(id.refBlockBytes == raw.refBlockBytes)
      #expect(id.refBlockHash == raw.refBlockHash)
    }
  }

  @Test func permissionMasksAreReadAndWritten() throws {
    let vectors = try Vectors.load().permission_masks
    #expect(vectors.count == 5)
    for vector in vectors {
      #expect(try PermissionOperations(contractTypes: Set(vector.types)).hex == vector.operations)
      #expect(try PermissionOperations(hex: vector.operations).contractTypes == Set(vector.types))
    }
    #expect(PermissionOperations.rental.hex == "0000000000000006" + String(repeating: "0", count: 48))
    #expect(throws: TransactionError.self) { try PermissionOperations(hex: "06") }
    #expect(throws: TransactionError.self) { try PermissionOperations(contractTypes: [256]) }
  }

  @Test func anInspectionSaysWhatATransactionDoes() throws {
    let vectors = try Vectors.load()
    let signed = try #require(vectors.signed_transactions.first { $0.contract_type == 57 })
    let inspection = try TransactionInspection(hex: signed.broadcasthex)
    #expect(inspection.txid.hex == signed.txID)
    #expect(inspection.contract == "DelegateResourceContract")
    #expect(inspection.signers.map(\.base58) == [signed.signer])
    #expect(inspection.receiver != nil && inspection.balance != nil && inspection.lock != nil)

    let bare = try #require(vectors.unsigned_transactions.first { $0.name == "delegate_lock" })
    let json = try JSONEncoder().encode(try TransactionInspection(hex: bare.raw_data_hex))
    let object = try #require(try JSONSerialization.jsonObject(with: json) as? [String: Any])
    #expect(object["txid"] as? String == bare.txID)
    #expect(object["resource"] as? String == "ENERGY")
    #expect(object["balance"] as? Int == 5_000_000)
    #expect(object["lock_period"] as? Int == 28_800)
    #expect((object["signers"] as? [String])?.isEmpty == true)
    for vector in vectors.signed_transactions {
      #expect(try TransactionInspection(hex: vector.broadcasthex).contract.hasPrefix(vector.contract.prefix(15)))
    }
  }
}
