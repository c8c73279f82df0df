import Testing

@testable import TronSim

@Suite struct AccountHistoryTests {
  /// Pays the customer six times, a block each, the last three not solid; sends USDT in the last two.
  private static func chain() throws -> (test: TestChain, payments: [Transaction]) {
    let test = try TestChain(solidAfter: 3)
    _ = try test.chain.perform(.adjust(.init(address: test.supplier.address, usdt: 1_000)))
    var payments: [Transaction] = []
    for amount in 1...6 {
      let payment = try test.sign(
        .transfer(
          .init(owner: test.supplier.address.bytes, to: test.customer.address.bytes, amount: Int64(amount))))
      try test.broadcast(payment)
      if amount > 4 {
        let data =
          Array(Keccak256.hash(Array(TokenFunction.transfer.rawValue.utf8)).prefix(4))
          + Word(test.customer.address).bytes + Word(Int64(amount)).bytes
        let call = ContractCall.trigger(
          .init(owner: test.supplier.address.bytes, contract: Genesis.mainnetUSDT.bytes, data: data))
        try test.broadcast(try test.sign(call) { $0.feeLimit = 100 * TestChain.trx })
      }
      test.produce()
      payments.append(payment)
    }
    return (test, payments)
  }

  private static func ask(_ test: TestChain, _ path: String, _ query: [(String, String)] = []) -> JSON {
    let parameters = APIParameters(query: query.map { (name: $0.0, value: $0.1) })
    let reply = ExplorerAPI(chain: test.chain).tronGrid("\(test.customer.address)/\(path)", parameters)
    return reply?.json ?? .null
  }

  private static func amounts(_ answer: JSON) -> [Int64] {
    (answer["data"]?.array ?? []).compactMap {
      $0["raw_data"]?["contract"]?[0]?["parameter"]?["value"]?["amount"]?.int
    }
  }

  @Test func `pages follow one another without a gap in either order`() throws {
    let (test, payments) = try Self.chain()
    for (order, expected) in [("desc", [6, 5, 4, 3, 2, 1]), ("asc", [1, 2, 3, 4, 5, 6])] as [(String, [Int64])] {
      var seen: [Int64] = []
      var query = [("limit", "2"), ("order_by", "block_timestamp,\(order)")]
      for page in 1...3 {
        let answer = Self.ask(test, "transactions", query)
        #expect(answer["meta"]?["page_size"] == 2)
        seen += Self.amounts(answer)
        let fingerprint = answer["meta"]?["fingerprint"]?.string
        #expect((fingerprint == nil) == (page == 3))
        query = query.filter { $0.0 != "fingerprint" } + [("fingerprint", fingerprint ?? "")]
      }
      #expect(seen == expected)
    }
    let row = Self.ask(test, "transactions", [("limit", "1")])["data"]?[0]
    #expect(row?["txID"]?.string == payments[5].id.hex)
    #expect(row?["blockNumber"]?.int == test.chain.head.number)
    #expect(row?["ret"] == [["contractRet": "SUCCESS", "fee": 0]])
    let value = row?["raw_data"]?["contract"]?[0]?["parameter"]?["value"]
    #expect(value?["to_address"]?.string == test.customer.address.hex)
  }

  @Test func `lists are narrowed by direction, time and confirmation`() throws {
    let (test, _) = try Self.chain()
    func amounts(_ query: (String, String)...) -> [Int64] { Self.amounts(Self.ask(test, "transactions", query)) }
    #expect(amounts(("only_confirmed", "true")) == [3, 2, 1])
    #expect(amounts(("only_unconfirmed", "true")) == [6, 5, 4])
    #expect(amounts(("only_from", "true")) == [])
    #expect(amounts(("only_to", "true")).count == 6)
    let third = try #require(test.chain.block(test.chain.head.number - 3)).timestampMs
    #expect(amounts(("min_timestamp", "\(third)"), ("max_timestamp", "\(third + 3_000)")) == [4, 3])
    let refused = ExplorerAPI(chain: test.chain).tronGrid(
      "\(test.customer.address)/transactions", APIParameters(query: [(name: "fingerprint", value: "nonsense")]))
    #expect(refused?.status == 400)
  }

  @Test func `token transfers have their own list, with amounts as text`() throws {
    let (test, _) = try Self.chain()
    let answer = Self.ask(test, "transactions/trc20")
    #expect(answer["data"]?.array?.map { $0["value"]?.string } == ["6", "5"])
    let row = answer["data"]?[0]
    #expect(row?["token_info"]?["address"]?.string == Genesis.mainnetUSDT.base58)
    #expect(row?["to"]?.string == test.customer.address.base58)
    #expect(row?["type"] == "Transfer")
    let other = Self.ask(test, "transactions/trc20", [("contract_address", test.contract.address.base58)])
    #expect(other["data"] == [])
  }

  @Test func `TRX that a contract sends on arrive without a transfer, in a row of another shape`() throws {
    let test = try TestChain()
    let (forwarder, to) = (test.contract.address, test.customer.address)
    _ = try test.chain.perform(.adjust(.init(address: forwarder, isForwarder: true)))
    func send(_ value: Int64) throws -> Transaction {
      let call = ContractCall.trigger(
        .init(
          owner: test.supplier.address.bytes, contract: forwarder.bytes, value: value,
          data: [1, 2, 3, 4] + Word(to).bytes))
      let transaction = try test.sign(call) { $0.feeLimit = 100 * TestChain.trx }
      try test.include(transaction)
      return transaction
    }
    let before = try #require(test.account(test.customer)).balance
    let sent = try send(5_000_000)
    #expect(test.account(test.customer)?.balance == before + 5_000_000)
    let entry = try #require(test.chain.find(sent.id))
    let info = TransactionInfoJSON.info(entry.entry, in: entry.block, visible: true)
    #expect(info["internal_transactions"]?[0]?["transferTo_address"]?.string == to.base58)
    #expect(info["internal_transactions"]?[0]?["callValueInfo"] == [["callValue": 5_000_000]])
    let rows = Self.ask(test, "transactions")["data"]
    #expect(rows?.array?.count == 1)
    #expect(rows?[0]?["tx_id"]?.string == sent.id.hex && rows?[0]?["txID"] == nil)
    #expect(rows?[0]?["data"]?["call_value"] == ["_": 5_000_000])
    #expect(Self.ask(test, "transactions", [("search_internal", "false")])["data"] == [])
    // A call without TRX fails, and is no row of the receiver's.
    let failed = try send(0)
    #expect(test.chain.find(failed.id)?.entry.receipt.outcome == .revert)
    #expect(Self.ask(test, "transactions")["data"]?.array?.count == 1)
    _ = try test.chain.perform(.revert(blocks: 2, keepTransactions: false))
    #expect(Self.ask(test, "transactions")["data"] == [])
    #expect(test.account(test.customer)?.balance == before)
  }

  @Test func `what is taken back leaves the lists`() throws {
    let (test, _) = try Self.chain()
    _ = try test.chain.perform(.revert(blocks: 2, keepTransactions: false))
    #expect(Self.amounts(Self.ask(test, "transactions")) == [4, 3, 2, 1])
    #expect(Self.ask(test, "transactions/trc20")["data"] == [])
  }
}

extension APIReply {
  /// `nil` for a page.
  var json: JSON? { if case .json(let json) = body { json } else { nil } }
}
