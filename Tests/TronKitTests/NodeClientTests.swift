import Foundation
import HTTPClient
import TestKit
import Testing
import TronKit

@Suite(.timeLimit(.minutes(1))) struct NodeClientTests {
  let owner = "TZ4UXDV5ZhNW7fb2AMSbgfAEZ7hWsnYS2g"

  /// A node that answers every call with this text.
  private func node(_ text: String, status: Int = 200) throws -> (TronNodeClient, StubHTTPServer) {
    let server = try StubHTTPServer { _ in .text(text, status: status) }
    return (TronNodeClient(baseURL: server.url, http: HTTPClient(), timeout: .seconds(2)), server)
  }

  @Test func anAccountIsReadWithItsStakeAndPermissions() async throws {
    let (node, server) = try node(
      """
      {"address":"TZ4UXDV5ZhNW7fb2AMSbgfAEZ7hWsnYS2g","balance":123456,"net_window_size":28800000,
       "frozenV2":[{"amount":11},{"type":"ENERGY","amount":22},{"type":"TRON_POWER","amount":44}],
       "unfrozenV2":[{"type":"ENERGY","unfreeze_amount":55,"unfreeze_expire_time":1},{"unfreeze_amount":66}],
       "delegated_frozenV2_balance_for_bandwidth":33,
       "account_resource":{"energy_usage":7,"delegated_frozenV2_balance_for_energy":5000000,
         "acquired_delegated_frozenV2_balance_for_energy":1000000},
       "owner_permission":{"permission_name":"owner","threshold":1,
         "keys":[{"address":"TZ4UXDV5ZhNW7fb2AMSbgfAEZ7hWsnYS2g","weight":1}]},
       "active_permission":[{"type":"Active","id":2,"permission_name":"rent","threshold":1,
         "operations":"0000000000000006000000000000000000000000000000000000000000000000",
         "keys":[{"address":"TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t","weight":1}]}]}
      """)
    defer { server.stop() }
    let address = try TronAddress(parsing: owner)
    let account = try #require(try await node.account(address))
    #expect(account.address == address)
    #expect(account.balance == Sun(123_456))
    #expect(account.frozenBandwidth == Sun(11))
    #expect(account.frozenEnergy == Sun(22))
    #expect(account.frozenVotes == Sun(44))
    #expect(account.unstaking == Sun(121))
    #expect(try account.staked() == Sun(5_000_110))
    #expect(account.delegatedBandwidth == Sun(33))
    #expect(account.delegatedEnergy == Sun(5_000_000))
    #expect(account.acquiredEnergy == Sun(1_000_000))
    #expect(!account.isContract)
    let request = try #require(server.seen.requests.first)
    #expect(request.target == "/wallet/getaccount")
    #expect(request.text.contains("\"visible\":true") && request.text.contains(owner))

    let receiver = try PrivateKey.generate().address
    let delegate = Contract.undelegateResource(
      owner: address, receiver: receiver, resource: .energy, balance: Sun(1))
    let transfer = Contract.transfer(owner: address, to: receiver, amount: Sun(1))
    #expect(account.permits(USDT.mainnet, delegate, permissionID: 2))
    #expect(!account.permits(USDT.mainnet, transfer, permissionID: 2))
    #expect(!account.permits(USDT.mainnet, delegate, permissionID: 0))
    #expect(!account.permits(USDT.mainnet, delegate, permissionID: 3))
    #expect(!account.permits(receiver, delegate, permissionID: 2))
    #expect(account.permits(address, transfer, permissionID: 0))
  }

  @Test func emptyAnswersMeanNothingThere() async throws {
    let (node, server) = try node("{}")
    defer { server.stop() }
    let address = try TronAddress(parsing: owner)
    let id = try TransactionID(hex: String(repeating: "ab", count: 32))
    #expect(try await node.account(address) == nil)
    #expect(try await node.account(address, solid: true) == nil)
    #expect(try await node.resources(address).energyAvailable == .zero)
    #expect(try await node.resources(address).stakeRatio == nil)
    #expect(try await node.transaction(id) == nil)
    #expect(try await node.transactionInfo(id) == nil)
    #expect(try await node.transactionInfo(id, solid: true) == nil)
    #expect(try await node.canDelegateMaxSize(owner: address, resource: .energy) == .zero)
    #expect(try await node.delegatedResource(from: address, to: address) == DelegatedResource())
    #expect(try await node.transactionInfos(inBlock: 1).isEmpty)
    let error = await #expect(throws: TronNodeError.self) { try await node.block(number: 7) }
    #expect(error?.code == .notFound)
    #expect(server.seen.requests.filter { $0.target.hasPrefix("/walletsolidity/") }.count == 2)
  }

  @Test func resourcesAreReadWithZerosLeftOut() async throws {
    let (node, server) = try node(
      """
      {"freeNetUsed":441,"freeNetLimit":600,"EnergyLimit":65000,"EnergyUsed":1000,"NetLimit":50,
       "TotalNetLimit":43200000000,"TotalEnergyLimit":180000000000,"TotalEnergyWeight":2411528185}
      """)
    defer { server.stop() }
    let resources = try await node.resources(TronAddress(parsing: owner))
    #expect(resources.energyAvailable == Energy(64_000))
    #expect(resources.freeBandwidthAvailable == 159)
    #expect(resources.bandwidthAvailable == 50)
    #expect(resources.stakeRatio?.totalEnergyWeight == 2_411_528_185)
  }

  @Test func aBlockIsReadWithTheBytesOfItsTransactions() async throws {
    let vector = try #require(try Vectors.load().unsigned_transactions.first { $0.name == "delegate_lock" })
    let (node, server) = try node(
      """
      {"blockID":"0000000003fe266bf6b6d392f654dc2e5011601546ed04623d9fcc4e9d439a25","block_header":{"raw_data":
       {"number":66987627,"txTrieRoot":"f8","witness_address":"41e7860196ad5b5718c1d6326babab039b70b8c1cd",
       "parentHash":"0000000003fe266a65d5194c947f6f7a059d4646c8e9a5293226bc7fdcfc775e","version":34,
       "timestamp":1777445307000},"witness_signature":"55"},
       "transactions":[{"ret":[{"contractRet":"SUCCESS"}],"signature":["00"],"txID":"\(vector.txID)",
       "raw_data":{"contract":[]},"raw_data_hex":"\(vector.raw_data_hex)"}]}
      """)
    defer { server.stop() }
    let block = try await node.nowBlock()
    #expect(block.number == 66_987_627)
    #expect(block.timestamp == 1_777_445_307_000)
    #expect(block.id.number == block.number && block.parent.number == block.number - 1)
    let transaction = try #require(block.transactions.first)
    #expect(transaction.id.hex == vector.txID)
    #expect(transaction.succeeded)
    let contract = try transaction.raw().contract
    guard case .delegateResource(_, let receiver, .energy, Sun(5_000_000), true, 28_800) = contract else {
      Issue.record("not the delegation: \(contract)")
      return
    }
    #expect(receiver.base58 == "TSeJkUh4Qv67VNFwY8LaAxERygNdy6NQZK")
  }

  @Test func aBlockThatContradictsItselfIsRefused() async throws {
    let vector = try #require(try Vectors.load().unsigned_transactions.first)
    let wrongID = String(repeating: "0", count: 64)
    for (number, id) in [("66987628", vector.txID), ("66987627", wrongID)] {
      let (node, server) = try node(
        """
        {"blockID":"0000000003fe266bf6b6d392f654dc2e5011601546ed04623d9fcc4e9d439a25","block_header":{"raw_data":
         {"number":\(number),"parentHash":"0000000003fe266a65d5194c947f6f7a059d4646c8e9a5293226bc7fdcfc775e"}},
         "transactions":[{"txID":"\(id)","raw_data_hex":"\(vector.raw_data_hex)"}]}
        """)
      defer { server.stop() }
      let error = await #expect(throws: TronNodeError.self) { try await node.nowBlock() }
      #expect(error?.code == .malformed)
    }
  }

  @Test func aReceiptThatCannotBeIsMalformed() async throws {
    let (node, server) = try node(
      #"{"id":"\#(String(repeating: "a", count: 64))","blockNumber":1,"log":[{"address":"zz","data":""}]}"#)
    defer { server.stop() }
    let error = await #expect(throws: TronNodeError.self) {
      try await node.transactionInfo(TransactionID(bytes: [UInt8](repeating: 1, count: 32)))
    }
    #expect(error?.code == .malformed)
    let list = await #expect(throws: TronNodeError.self) { try await node.transactionInfos(inBlock: 1) }
    #expect(list?.code == .malformed)
  }

  @Test func receiptsTellSuccessFailureAndEvents() async throws {
    let (node, server) = try node(
      """
      [{"id":"ff44a2823a870c12f12a4ca6e7647650356bc2bb5e02c5855312cf2db4c950c1","fee":267000,"blockNumber":66987565,
        "blockTimeStamp":1777445121000,"contractResult":[""],"receipt":{"net_fee":267000}},
       {"id":"01b4cde4197b9d1a1ff09ef5d2b1d939d3ec2401b3f002ebd0802c0f30a6e4ca","blockNumber":66987565,
        "receipt":{"energy_usage_total":44585,"result":"SUCCESS"},
        "log":[{"address":"a614f803b6fd780986a42c78ec9c7f77e6ded13c","topics":["ddf2"],"data":"0001"}]},
       {"id":"01b4cde4197b9d1a1ff09ef5d2b1d939d3ec2401b3f002ebd0802c0f30a6e4cb","blockNumber":66987565,
        "result":"FAILED","resMessage":"4e6f7420656e6f75676820656e65726779","receipt":{"result":"OUT_OF_ENERGY"}}]
      """)
    defer { server.stop() }
    let infos = try await node.transactionInfos(inBlock: 66_987_565, solid: true)
    #expect(infos.map(\.succeeded) == [true, true, false])
    #expect(infos[0].fee == Sun(267_000) && infos[0].blockTimestamp == 1_777_445_121_000)
    #expect(infos[1].logs == [
      EventLog(address: USDT.mainnet, topics: [[0xdd, 0xf2]], data: [0, 1])
    ])
    #expect(infos[2].message == "Not enough energy")
    #expect(infos[2].receiptResult == "OUT_OF_ENERGY")
  }

  @Test func lockedAndUnlockedDelegationsAreTold() async throws {
    let (node, server) = try node(
      """
      {"delegatedResource":[{"from":"T","to":"T","frozen_balance_for_energy":5},
       {"from":"T","to":"T","frozen_balance_for_bandwidth":308593660,"frozen_balance_for_energy":677377195,
        "expire_time_for_energy":1785353340000}]}
      """)
    defer { server.stop() }
    let address = try TronAddress(parsing: owner)
    let resource = try await node.delegatedResource(from: address, to: address)
    #expect(resource.unlocked.energy == Sun(5))
    #expect(resource.locked.energy == Sun(677_377_195))
    #expect(resource.energyExpiry == 1_785_353_340_000)
    #expect(resource.unlocked.bandwidth == Sun(308_593_660))
    #expect(resource.bandwidthExpiry == nil)
  }

  @Test func parametersWithoutAValueAreZero() async throws {
    let (node, server) = try node(#"{"chainParameter":[{"key":"getEnergyFee","value":100},{"key":"getNothing"}]}"#)
    defer { server.stop() }
    #expect(try await node.chainParameters() == ["getEnergyFee": 100, "getNothing": 0])
  }

  @Test(arguments: [
    (#"{"Error":"class java.lang.IllegalAccessException : lack of computing resources"}"#, 200, "refused"),
    (#"{"Error" : "class org.tron.core.exception.ContractValidateException : x"}"#, 200, "invalid"),
    (#"{"Error":"class org.tron.core.services.http.JsonFormat$ParseException : 1:13: INVALID hex String"}"#, 200,
     "invalid"),
    (#"{"Error":"class java.lang.NullPointerException : null"}"#, 200, "refused"),
    (#"{"Error":"this API is unavailable due to config"}"#, 404, "unsupported"),
    ("this API is closed because this node is a lite fullnode", 200, "unsupported"),
    (#"{"Success":false,"Error":"The key exceeds the frequency limit(15), and the query server is suspended for 30s","#
      + #""StatusCode":403}"#, 200, "rate_limited"),
    (#"{"Error":"ApiKey not exists"}"#, 403, "rate_limited"),
    (#"{"Success":false,"Error":"ApiKey not exists","StatusCode":403}"#, 200, "rate_limited"),
    ("request rate exceeded the allowed_rps(3), and the query server is suspended for 1 s. To", 503, "rate_limited"),
    ("the query server is suspended for 1 s", 200, "rate_limited"), ("too large", 413, "refused"),
    (#"{"Error":7}"#, 200, "malformed"), (#"{"error":7}"#, 200, "refused"),
    ("", 200, "malformed"), ("<html>", 502, "refused"), ("[1]", 200, "malformed"), ("{", 200, "malformed"),
    (#"{"balance":"many"}"#, 200, "malformed"), (#"{"address":"T123"}"#, 200, "malformed"),
    (#"{"Error":"The key exceeds the limit(15), and the query server is suspended for 30s"}"#, 403, "rate_limited"),
    (#"{"Error":"request rate exceeded, and the query server is suspended for 1 s. To"}"#, 200, "rate_limited"),
    ("Too many", 429, "rate_limited"),
  ])
  func whatIsNoAnswerIsAnErrorWithACode(text: String, status: Int, code: String) async throws {
    let (node, server) = try node(text, status: status)
    defer { server.stop() }
    let error = await #expect(throws: TronNodeError.self) { try await node.account(USDT.nile) }
    #expect(error?.code.rawValue == code)
    #expect(error?.message.contains("127.0.0.1") == true)
    // Blocks are read by a reader of their own; what an account's balance is is nothing to them.
    guard !text.contains("balance"), !text.contains("T123") else { return }
    let ofBlock = await #expect(throws: TronNodeError.self) { try await node.block(number: 7) }
    #expect(ofBlock?.code.rawValue == code || text.contains("\"Error\":7"))
  }

  @Test func aNodeThatGivesAnotherBlockIsRefused() async throws {
    let (node, server) = try node(
      """
      {"blockID":"0000000003fe266bf6b6d392f654dc2e5011601546ed04623d9fcc4e9d439a25","block_header":{"raw_data":
       {"number":66987627,"parentHash":"0000000003fe266a65d5194c947f6f7a059d4646c8e9a5293226bc7fdcfc775e"}}}
      """)
    defer { server.stop() }
    #expect(try await node.block(number: 66_987_627).number == 66_987_627)
    let error = await #expect(throws: TronNodeError.self) { try await node.block(number: 66_987_628) }
    #expect(error?.code == .malformed)
  }

  @Test func aSuspensionSaysForHowLong() async throws {
    let (node, server) = try node(#"{"Error":"the query server is suspended for 30s"}"#, status: 403)
    defer { server.stop() }
    let error = await #expect(throws: TronNodeError.self) { try await node.account(USDT.nile) }
    #expect(error?.retryAfter == .seconds(30))
  }

  @Test func theKeyGoesIntoAHeader() async throws {
    let server = try StubHTTPServer { _ in .text("{}") }
    defer { server.stop() }
    let node = TronNodeClient(baseURL: server.url + "/", http: HTTPClient(), apiKey: "k-1")
    _ = try await node.account(USDT.nile)
    #expect(server.seen.requests.first?.headers["tron-pro-api-key"] == "k-1")
    #expect(server.seen.requests.first?.target == "/wallet/getaccount")
  }
}
