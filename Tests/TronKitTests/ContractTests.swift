import Foundation
import Testing
import TronKit

@Suite struct ContractTests {
  private static let owner = USDT.mainnet
  private static let other = USDT.nile

  private static func permission(
    _ name: String, operations: PermissionOperations? = nil, threshold: Int64 = 1,
    keys: [AccountPermission.Key] = [AccountPermission.Key(address: other, weight: 1)]
  ) -> AccountPermission {
    AccountPermission(id: 9, name: name, threshold: threshold, operations: operations, keys: keys)
  }

  private static func contracts() throws -> [Contract] {
    let delegate = permission("delegate", operations: .rental)
    return [
      .transfer(owner: owner, to: other, amount: Sun(1)),
      .triggerSmartContract(try SmartContractCall(owner: owner, token: other, .transfer(to: owner, amount: 7))),
      .triggerSmartContract(
        SmartContractCall(owner: owner, contract: other, value: Sun(3), data: [], tokenValue: 4, tokenID: 1_000_001)),
      .freezeBalance(owner: owner, resource: .energy, balance: Sun(1_000_000)),
      .freezeBalance(owner: owner, resource: .bandwidth, balance: Sun(.max)),
      .unfreezeBalance(owner: owner, resource: .energy, balance: Sun(1)),
      .withdrawExpireUnfreeze(owner: owner),
      .delegateResource(
        owner: owner, receiver: other, resource: .bandwidth, balance: Sun(1), lock: true, lockPeriod: 864_000),
      .undelegateResource(owner: owner, receiver: other, resource: .energy, balance: Sun(1)),
      .updatePermissions(try PermissionUpdate(account: owner, owner: permission("owner"), actives: [delegate])),
      .updatePermissions(
        try PermissionUpdate(
          account: owner,
          owner: permission(
            "owner", threshold: 2,
            keys: [.init(address: owner, weight: 1), .init(address: other, weight: 1)]),
          witness: permission("witness"), actives: [delegate, permission("", operations: .rental)])),
    ]
  }

  @Test func theOwnerIsKnownAndWhatIsWrittenIsReadBack() throws {
    for contract in try Self.contracts() {
      let raw = RawTransaction(
        refBlockBytes: [1, 2], refBlockHash: [1, 2, 3, 4, 5, 6, 7, 8], expiration: 2, timestamp: 1, feeLimit: 30,
        data: Array("memo".utf8), contract: contract, permissionID: 2)
      #expect(try RawTransaction(decodingExactly: raw.encoded()) == raw)
      #expect(contract.owner == Self.owner)
    }
  }

  @Test func realTransactionsOfEveryKindAreUnderstood() throws {
    let types = [1, 31, 46, 54, 55, 56, 57, 58]
    var seen: Set<Int> = []
    for vector in try Vectors.load().signed_transactions where types.contains(vector.contract_type) {
      let raw = try RawTransaction(decodingExactly: Hex.decode(vector.raw_data_hex))
      if case .unknown = raw.contract { Issue.record("\(vector.txID) is \(vector.contract)") }
      #expect(raw.contract.owner != nil)
      #expect(raw.bandwidth() == vector.bandwidth)
      seen.insert(raw.contract.type)
    }
    #expect(seen == Set(types))
  }

  @Test func transactionsAreThoseOfAnotherProgramByteForByte() throws {
    let vectors = try KeyVectors.load().transactions
    #expect(vectors.count == 20)
    for vector in vectors {
      let (owner, other) = (try TronAddress(parsing: vector.owner), try TronAddress(parsing: vector.other))
      let call = SmartContractCall(
        owner: owner, contract: other, value: Sun(vector.amount), data: try Hex.decode(vector.data))
      let raw = RawTransaction(
        refBlockBytes: try Hex.decode(vector.ref_block_bytes), refBlockHash: try Hex.decode(vector.ref_block_hash),
        expiration: vector.expiration, timestamp: vector.timestamp, feeLimit: vector.fee_limit,
        contract: vector.type == "TransferContract"
          ? .transfer(owner: owner, to: other, amount: Sun(vector.amount)) : .triggerSmartContract(call))
      #expect(Hex.encode(raw.encoded()) == vector.raw_data_hex)
      #expect(try RawTransaction(decodingExactly: Hex.decode(vector.raw_data_hex)) == raw)
      #expect(raw.id.hex == vector.txid)
      #expect(try raw.signed(with: PrivateKey(hex: vector.private_key)).signatures.map(\.hex) == [vector.signature])
    }
  }

  @Test func aRealPermissionUpdateIsReadInFull() throws {
    let vector = try #require(try Vectors.load().signed_transactions.first { $0.contract_type == 46 })
    let raw = try RawTransaction(decodingExactly: Hex.decode(vector.raw_data_hex))
    guard case .updatePermissions(let update) = raw.contract else {
      Issue.record("another contract")
      return
    }
    #expect(update.owner.threshold == 2 && update.owner.keys.count == 3 && update.owner.operations == nil)
    #expect(update.witness == nil)
    #expect(update.actives.map(\.id) == [2] && update.actives.first?.threshold == 2)
    #expect(update.actives.first?.operations?.contractTypes.contains(57) == false)
  }

  @Test func whatIsNotOfTheTypeStaysUnknown() throws {
    let stake = Contract.freezeBalance(owner: Self.owner, resource: .bandwidth, balance: Sun(5))
    // TRON_POWER, which is not known here, and a field that does not belong.
    for extra: [UInt8] in [[0x18, 2], [0x20, 1]] {
      let raw = RawTransaction(
        refBlockBytes: [1, 2], refBlockHash: [], expiration: 1, timestamp: 1,
        contract: .unknown(type: 54, typeURL: stake.typeURL, value: stake.encodedValue() + extra))
      #expect(try RawTransaction(decodingExactly: raw.encoded()) == raw)
    }
  }

  private static func keys(_ weights: [Int64]) throws -> [AccountPermission.Key] {
    try weights.enumerated().map { place, weight in
      let hash = [UInt8](repeating: UInt8(place + 1), count: 20)
      return AccountPermission.Key(address: try TronAddress(evmBytes: hash), weight: weight)
    }
  }

  @Test func aPermissionThatTheChainWouldRefuseCannotBeMade() throws {
    let good = Self.permission("owner")
    let active = Self.permission("a", operations: .rental)
    let wrong: [(AccountPermission, AccountPermission?, [AccountPermission])] = [
      (good, nil, []),
      (good, nil, Array(repeating: active, count: 9)),
      (Self.permission("owner", operations: .rental), nil, [active]),
      (good, nil, [Self.permission("a")]),
      (Self.permission("owner", threshold: 0), nil, [active]),
      (Self.permission("owner", threshold: 2), nil, [active]),
      (Self.permission("owner", keys: []), nil, [active]),
      (Self.permission("owner", keys: try Self.keys([1, 1, 1, 1, 1, 1])), nil, [active]),
      (Self.permission("owner", keys: try Self.keys([1, 0])), nil, [active]),
      (Self.permission("owner", keys: try Self.keys([.max, 1])), nil, [active]),
      (Self.permission("owner", keys: try Self.keys([1]) + Self.keys([1])), nil, [active]),
      (Self.permission(String(repeating: "n", count: 33)), nil, [active]),
      (good, Self.permission("witness", keys: try Self.keys([1, 1])), [active]),
    ]
    for (owner, witness, actives) in wrong {
      let error = #expect(throws: TransactionError.self) {
        try PermissionUpdate(account: Self.owner, owner: owner, witness: witness, actives: actives)
      }
      #expect(error?.code == "malformed_transaction")
    }
    #expect(try PermissionUpdate(account: Self.owner, owner: good, actives: Array(repeating: active, count: 8)).actives
      .map(\.id) == [2, 3, 4, 5, 6, 7, 8, 9])
  }

  @Test func anInspectionShowsEveryKind() throws {
    for contract in try Self.contracts() {
      let raw = RawTransaction(
        refBlockBytes: [1, 2], refBlockHash: [], expiration: 2, timestamp: 1, feeLimit: 30, data: [1],
        contract: contract)
      let inspection = try TransactionInspection(hex: Hex.encode(raw.encoded()))
      #expect(inspection.owner == Self.owner && inspection.contract == contract.name)
      #expect(inspection.valueHex == nil && inspection.feeLimit == Sun(30) && inspection.memoHex == "01")
      #expect(inspection.bandwidth == raw.bandwidth())
      let json = try JSONEncoder().encode(inspection)
      #expect(try JSONDecoder().decode(TransactionInspection.self, from: json) == inspection)
    }
    let call = try #require(try Self.contracts().first { $0.type == 31 })
    let raw = RawTransaction(
      refBlockBytes: [1, 2], refBlockHash: [], expiration: 2, timestamp: 1, contract: call)
    let inspection = try TransactionInspection(hex: Hex.encode(raw.encoded()))
    #expect(inspection.function == "transfer(address,uint256)" && inspection.tokenAmount == 7)
    #expect(inspection.tokenReceiver == Self.owner && inspection.contractAddress == Self.other)
  }
}
