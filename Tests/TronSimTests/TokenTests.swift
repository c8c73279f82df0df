import Testing

@testable import TronSim

@Suite struct TokenTests {
  /// A supplier with 1,000 USDT, and TRX to burn for energy.
  private static func chain() throws -> TestChain {
    let test = try TestChain()
    let supplier = test.supplier.address
    _ = try test.chain.perform(.adjust(.init(address: supplier, balance: 1_000 * trx, usdt: 1_000_000_000)))
    return test
  }

  private static let trx = TestChain.trx

  private static func data(_ function: TokenFunction, _ words: Word...) -> [UInt8] {
    Array(Keccak256.hash(Array(function.rawValue.utf8)).prefix(4)) + words.flatMap(\.bytes)
  }

  private static func transfer(to: Address, _ amount: Int64) -> [UInt8] { data(.transfer, Word(to), Word(amount)) }

  /// What its call did and cost, once it is in a block.
  private static func run(
    _ test: TestChain, _ data: [UInt8], by caller: KeyPair? = nil, feeLimit: Int64 = 100 * trx, value: Int64 = 0
  ) throws -> (execution: Execution, receipt: Receipt) {
    let caller = caller ?? test.supplier
    let call = ContractCall.trigger(
      .init(owner: caller.address.bytes, contract: Genesis.mainnetUSDT.bytes, value: value, data: data))
    let transaction = try test.sign(call, keys: [caller]) { $0.feeLimit = feeLimit }
    try test.include(transaction)
    let receipt = try #require(test.chain.find(transaction.id)).entry.receipt
    return (try #require(receipt.execution), receipt)
  }

  @Test func `a transfer moves tokens, says so in a log, and costs more to a new holder`() throws {
    let test = try Self.chain()
    try test.adjust(test.supplier, trx: 1_000, energy: 0, bandwidth: 175_000)
    let to = test.stranger.address
    let first = try Self.run(test, Self.transfer(to: to, 300))
    #expect(first.execution.energy == 130_285)
    #expect(first.receipt.fee == 13_028_500)
    #expect(test.account(test.supplier)?.balance == 1_000 * Self.trx - 13_028_500)
    #expect(test.chain.state.usdt == [test.supplier.address: 999_999_700, to: 300])
    let log = EventLog(
      contract: Genesis.mainnetUSDT, topics: [TokenEvent.transfer, Word(test.supplier.address), Word(to)],
      data: Word(300).bytes)
    #expect(first.execution.logs == [log])
    #expect(
      Hex.encode(TokenEvent.transfer.bytes) == "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef")
    #expect(try Self.run(test, Self.transfer(to: to, 1)).execution.energy == 64_285)
    // An address that holds tokens alone is not activated by them.
    #expect(test.account(test.stranger) == nil)
  }

  @Test func `energy comes from stake first, and recovers like any other`() throws {
    let test = try Self.chain()
    try test.adjust(test.supplier, trx: 1_000, energy: 10_000, bandwidth: 175_000)
    let (execution, receipt) = try Self.run(test, Self.transfer(to: test.customer.address, 5))
    #expect(execution.energyUsage == 95_000)
    #expect(execution.energyFee == 3_528_500)
    #expect(receipt.fee == 3_528_500)
    let now = test.chain.head.timestampMs
    let meter = try #require(test.account(test.supplier)).energy.meter
    #expect((94_990...95_000).contains(meter.current(at: now)))
    #expect((47_490...47_510).contains(meter.current(at: now + 43_200_000)))
    // What is in use cannot be lent.
    #expect(test.refusal(of: try test.delegate(1)) != nil)
  }

  @Test(arguments: [
    (6_428_500, .success), (6_428_499, .outOfEnergy), (0, .outOfEnergy),
  ] as [(Int64, Execution.Outcome)])
  func `the fee limit bounds all energy, staked or not`(feeLimit: Int64, outcome: Execution.Outcome) throws {
    let test = try Self.chain()
    try test.adjust(test.supplier, trx: 1_000, energy: 1_000_000, bandwidth: 175_000)
    _ = try test.chain.perform(.adjust(.init(address: test.customer.address, usdt: 1)))
    let before = test.chain.state.usdt
    let (execution, _) = try Self.run(test, Self.transfer(to: test.customer.address, 5), feeLimit: feeLimit)
    #expect(execution.outcome == outcome)
    #expect(execution.energy == feeLimit / 100)
    #expect(execution.energyFee == 0)
    #expect((test.chain.state.usdt == before) == (outcome == .outOfEnergy))
    #expect(execution.logs.isEmpty == (outcome == .outOfEnergy))
  }

  @Test func `without enough TRX a call burns what there is and does nothing`() throws {
    let test = try Self.chain()
    try test.adjust(test.supplier, trx: 5, energy: 0, bandwidth: 175_000)
    let (execution, receipt) = try Self.run(test, Self.transfer(to: test.customer.address, 5))
    #expect(execution.outcome == .outOfEnergy)
    #expect(execution.message.hasPrefix("Not enough energy for 'SSTORE' operation executing"))
    #expect(receipt.fee == 5 * Self.trx)
    #expect(test.account(test.supplier)?.balance == 0)
    #expect(test.chain.state.usdt[test.customer.address] == nil)
  }

  @Test func `what the contract refuses is in a block, costs energy and leaves no log`() throws {
    let test = try Self.chain()
    let to = test.customer.address
    let calls: [[UInt8]] = [
      Self.transfer(to: to, 1_000_000_001), Self.data(.transfer, Word(to), .max), [1, 2, 3, 4], [],
      Self.data(.transferFrom, Word(to), Word(test.supplier.address), Word(1)),
    ]
    for call in calls {
      let (execution, _) = try Self.run(test, call)
      #expect(execution.outcome == .revert)
      #expect(execution.logs.isEmpty && execution.energy == TokenEnergy.refused)
    }
    let (paid, _) = try Self.run(test, Self.transfer(to: to, 1), value: 1)
    #expect(paid.outcome == .revert)
    _ = try test.chain.perform(.adjust(.init(address: test.supplier.address, isBlacklisted: true)))
    #expect(try Self.run(test, Self.transfer(to: to, 1)).execution.outcome == .revert)
    #expect(test.chain.state.usdt == [test.supplier.address: 1_000_000_000])
  }

  @Test func `somebody else moves as much as was approved, and no more`() throws {
    let test = try Self.chain()
    let (owner, spender) = (test.supplier.address, test.customer.address)
    let pair = TokenAllowance(owner: owner, spender: spender)
    func take(_ amount: Int64) throws -> Execution {
      let data = Self.data(.transferFrom, Word(owner), Word(test.stranger.address), Word(amount))
      return try Self.run(test, data, by: test.customer).execution
    }
    try test.adjust(test.customer, trx: 1_000)
    let approved = try Self.run(test, Self.data(.approve, Word(spender), Word(10))).execution
    #expect(approved.energy == 99_764)
    #expect(approved.logs.map(\.topics) == [[TokenEvent.approval, Word(owner), Word(spender)]])
    #expect(try take(11).outcome == .revert)
    #expect(try take(10).output == Word(1).bytes)
    #expect(test.chain.state.allowances[pair] == nil)
    _ = try Self.run(test, Self.data(.approve, Word(spender), .max))
    #expect(try take(7).outcome == .success)
    #expect(test.chain.state.allowances[pair] == .max)
    #expect(test.chain.state.usdt[test.stranger.address] == 17)
  }

  @Test func `what the virtual machine would not start is refused`() throws {
    let test = try Self.chain()
    func text(_ contract: Address, value: Int64 = 0, feeLimit: Int64 = 1) throws -> String? {
      let call = ContractCall.trigger(
        .init(owner: test.supplier.address.bytes, contract: contract.bytes, value: value))
      return test.refusal(of: try test.sign(call) { $0.feeLimit = feeLimit })?.message
    }
    let prefix = "Contract validate error : "
    #expect(try text(test.contract.address) == prefix + "No contract or not a smart contract")
    #expect(
      try text(Genesis.mainnetUSDT, feeLimit: 15_000_000_001) == prefix + "feeLimit must be >= 0 and <= 15000000000")
    #expect(try text(Genesis.mainnetUSDT, value: -1) == prefix + "callValue must be >= 0")
    #expect(
      try text(Genesis.mainnetUSDT, value: 2_000 * Self.trx)
        == prefix + "Validate InternalTransfer error, balance is not sufficient.")
  }

  @Test func `words of 256 bits keep their order and print in full`() {
    #expect(Word.max.decimal == "115792089237316195423570985008687907853269984665640564039457584007913129639935")
    #expect(Word([1]).decimal == "452312848583266388373324160190187140051835877600158453279131187530910662656")
    #expect(Word(high: 1, low: 0).minus(Word(1)) == Word(high: 0, low: .max))
    #expect(Word(5) < Word(high: 1, low: 0) && Word(high: 1, low: 0).int64 == nil)
    #expect(Word(TestChain.key(1).address).address == TestChain.key(1).address)
  }
}
