import Testing

@testable import TronSim

@Suite struct BuilderTests {
  private static func ask(_ test: TestChain, _ method: String, _ body: JSON) throws(APIError) -> JSON {
    try WalletAPI(chain: test.chain, scope: .head).answer(method, APIParameters(json: body)) ?? .null
  }

  private static func parameters(_ test: TestChain, visible: Bool, _ more: [(key: String, value: JSON)]) -> JSON {
    let (owner, receiver) = (test.supplier.address, test.customer.address)
    return .object(
      [
        (key: "owner_address", value: .string(owner.text(visible: visible))),
        (key: "receiver_address", value: .string(receiver.text(visible: visible))),
        (key: "to_address", value: .string(receiver.text(visible: visible))), (key: "visible", value: .bool(visible)),
      ] + more)
  }

  static let methods: [(String, [(key: String, value: JSON)], String)] = [
    ("createtransaction", [("amount", 5)], "TransferContract"),
    ("delegateresource", [("balance", 2_000_000), ("resource", "ENERGY"), ("lock", true), ("lock_period", 10)],
      "DelegateResourceContract"),
    ("freezebalancev2", [("frozen_balance", 1_000_000), ("resource", "ENERGY")], "FreezeBalanceV2Contract"),
    ("unfreezebalancev2", [("unfreeze_balance", 1), ("resource", "ENERGY")], "UnfreezeBalanceV2Contract"),
  ]

  @Test(arguments: [true, false], methods.indices)
  func `what a builder makes is valid once it is signed`(visible: Bool, index: Int) throws {
    let test = try TestChain()
    let (method, more, type) = Self.methods[index]
    let built = try Self.ask(test, method, Self.parameters(test, visible: visible, more + [("Permission_id", 2)]))
    #expect(built["visible"]?.bool == visible)
    #expect(built["raw_data"]?["contract"]?[0]?["type"]?.string == type)
    #expect(built["raw_data"]?["contract"]?[0]?["Permission_id"] == 2)
    #expect(built["raw_data"]?["expiration"]?.int == test.chain.head.timestampMs + 60_000)
    let raw = try RawTransaction(decoding: try #require(Hex.decode(built["raw_data_hex"]?.string ?? "")))
    let id = TransactionID(hashing: raw.encoded)
    #expect(built["txID"]?.string == id.hex)
    #expect(raw.refBlockHash == Array(test.chain.solid.id[8..<16]))
    // The JSON form says the same as the bytes.
    #expect(try TransactionJSONReader.transaction(built).id == id)
    try test.include(Transaction(raw: raw, signatures: [test.supplier.sign(id.bytes)]))
    #expect(test.chain.find(id) != nil)
  }

  @Test func `a builder refuses as the network would`() throws {
    let test = try TestChain()
    func error(_ method: String, _ more: [(key: String, value: JSON)]) -> JSON? {
      do {
        return try Self.ask(test, method, Self.parameters(test, visible: true, more))
      } catch {
        return error.reply.json?["Error"]
      }
    }
    let prefix = "class org.tron.core.exception.ContractValidateException : "
    #expect(
      error("delegateresource", [("balance", 100_001_000_000), ("resource", "ENERGY")])
        == .string(prefix + "delegateBalance must be less than or equal to available FreezeEnergyV2 balance"))
    #expect(
      error("undelegateresource", [("balance", 1), ("resource", "ENERGY")])
        == .string(prefix + "delegated Resource does not exist"))
    #expect(error("withdrawexpireunfreeze", []) == .string(prefix + "no unFreeze balance to withdraw "))
    #expect(error("createtransaction", [("amount", 0)]) == .string(prefix + "Amount must be greater than 0."))
    #expect(error("accountpermissionupdate", []) == .string(prefix + "owner permission is missed"))
    // Bandwidth for the delegation itself is kept back, which only a builder does.
    let all: Int64 = 175_000 * TestChain.trx
    #expect(
      error("delegateresource", [("balance", .int(all))])
        == .string(prefix + "delegateBalance must be less than or equal to available FreezeBandwidthV2 balance"))
    // Asking changed nothing.
    #expect(test.account(test.supplier)?.energy.delegated == 0)
  }

  @Test func `what can be lent at most is accepted by builder and chain`() throws {
    let test = try TestChain()
    for resource in [Int64(0), 1] {
      let question: JSON = ["owner_address": .string(test.supplier.address.hex), "type": .int(resource)]
      let most = try #require(try Self.ask(test, "getcandelegatedmaxsize", question)["max_size"]?.int)
      let more: [(key: String, value: JSON)] = [("balance", .int(most)), ("resource", .int(resource))]
      #expect(try Self.ask(test, "delegateresource", Self.parameters(test, visible: true, more))["txID"] != nil)
      let call = ContractCall.delegate(
        .init(
          owner: test.supplier.address.bytes, resource: resource, balance: most,
          receiver: test.customer.address.bytes))
      try test.include(try test.sign(call))
    }
    #expect(test.account(test.supplier)?.energy.frozen == 0)
  }

  @Test func `a memo is text in the question and hexadecimal in the answer`() throws {
    let test = try TestChain()
    let built = try Self.ask(
      test, "createtransaction", Self.parameters(test, visible: true, [("amount", 5), ("extra_data", "hé")]))
    #expect(built["raw_data"]?["data"]?.string == "68c3a9")
  }

  @Test func `views are answered, changes are built, and unknown contracts refused`() throws {
    let test = try TestChain()
    _ = try test.chain.perform(.adjust(.init(address: test.supplier.address, usdt: 1_087_360_000)))
    let usdt = Genesis.mainnetUSDT
    func body(_ contract: Address, _ selector: String, _ words: Word..., visible: Bool = false) -> JSON {
      [
        "owner_address": .string(test.supplier.address.text(visible: visible)),
        "contract_address": .string(contract.text(visible: visible)), "function_selector": .string(selector),
        "parameter": .string(Hex.encode(words.flatMap(\.bytes))), "visible": .bool(visible), "fee_limit": 9,
      ]
    }
    let holder = Word(test.supplier.address)
    let balance = try Self.ask(test, "triggerconstantcontract", body(usdt, "balanceOf(address)", holder))
    #expect(balance["result"] == ["result": true])
    #expect(balance["constant_result"]?[0]?.string?.hasSuffix("40cfcc00") == true)
    #expect(balance["transaction"]?["ret"] == [[:]])
    #expect(balance["transaction"]?["txID"] != nil && balance["transaction"]?["visible"] == false)

    let to = Word(test.customer.address)
    let transfer = "transfer(address,uint256)"
    let estimate = try Self.ask(test, "estimateenergy", body(usdt, transfer, to, Word(5)))
    #expect(estimate == ["result": ["result": true], "energy_required": 130_285])
    let tooMuch = try Self.ask(test, "triggerconstantcontract", body(usdt, transfer, to, .max))
    #expect(tooMuch["result"]?["message"]?.string == Hex.encode("REVERT opcode executed".utf8))
    #expect(tooMuch["transaction"]?["ret"] == [["ret": "FAILED"]])
    let built = try Self.ask(test, "triggersmartcontract", body(usdt, transfer, to, Word(5)))
    #expect(built["constant_result"] == nil)
    #expect(built["transaction"]?["raw_data"]?["fee_limit"] == 9)
    let missing = try Self.ask(
      test, "triggerconstantcontract", body(test.contract.address, transfer, to, Word(5), visible: true))
    #expect(
      missing == ["result": ["code": "CONTRACT_VALIDATE_ERROR", "message": "Smart contract is not exist."]])
    let contract = try Self.ask(test, "getcontract", ["value": .string(usdt.hex)])
    #expect(contract["abi"]?["entrys"]?.array?.count == 12)
    #expect(try Self.ask(test, "getcontract", ["value": .string(test.contract.address.hex)]) == [:])
  }

  @Test func `prices are told with the times they changed`() throws {
    let test = try TestChain()
    let now = test.chain.head.timestampMs
    _ = try test.chain.perform(.setParameter(name: "energy_fee", value: 210))
    #expect(try Self.ask(test, "getenergyprices", [:]) == ["prices": .string("0:100,\(now):210")])
    #expect(try Self.ask(test, "getbandwidthprices", [:]) == ["prices": "0:1000"])
  }

  @Test func `signatures are weighed before a transaction is sent`() throws {
    let test = try TestChain()
    let transaction = try test.delegate(10)
    try test.broadcast(transaction)
    #expect(test.chain.pool.count == 1)
    let weighed = try test.chain.state.weigh(transaction, by: .defaultOwner(test.supplier.address))
    #expect(weighed.weight == 1 && weighed.signers == [test.supplier.address])
  }
}
