import Testing

@testable import TronSim

/// A second token that calls itself USDT.
@Suite struct CounterfeitTests {
  private static func data(_ function: TokenFunction, _ words: Word...) -> [UInt8] {
    Array(Keccak256.hash(Array(function.rawValue.utf8)).prefix(4)) + words.flatMap(\.bytes)
  }

  private static func world() throws -> (test: TestChain, fake: Address) {
    let test = try TestChain()
    let fake = TestChain.key(9).address
    _ = try test.chain.perform(.adjust(.init(address: test.supplier.address, balance: 1_000 * TestChain.trx)))
    _ = try test.chain.perform(.adjust(.init(address: fake, isCounterfeit: true)))
    return (test, fake)
  }

  private static func run(_ test: TestChain, _ fake: Address, _ data: [UInt8]) throws -> Execution {
    let call = ContractCall.trigger(.init(owner: test.supplier.address.bytes, contract: fake.bytes, data: data))
    let transaction = try test.sign(call) { $0.feeLimit = 100 * TestChain.trx }
    try test.include(transaction)
    let receipt = try #require(test.chain.find(transaction.id)).entry.receipt
    return try #require(receipt.execution)
  }

  @Test func `it logs any transfer in anybody's name, at its own address, and moves nothing`() throws {
    let (test, fake) = try Self.world()
    let (victim, to) = (test.customer.address, test.stranger.address)
    _ = try test.chain.perform(.adjust(.init(address: victim, usdt: 7)))
    let sent = try Self.run(test, fake, Self.data(.transfer, Word(to), .max))
    #expect(sent.outcome == .success)
    #expect(
      sent.logs == [
        EventLog(
          contract: fake, topics: [TokenEvent.transfer, Word(test.supplier.address), Word(to)], data: Word.max.bytes)
      ])
    let taken = try Self.run(test, fake, Self.data(.transferFrom, Word(victim), Word(to), Word(5)))
    #expect(taken.logs.map(\.topics) == [[TokenEvent.transfer, Word(victim), Word(to)]])
    let approved = try Self.run(test, fake, Self.data(.approve, Word(to), Word(5)))
    #expect(approved.logs.map(\.topics) == [[TokenEvent.approval, Word(test.supplier.address), Word(to)]])
    #expect(test.chain.state.usdt == [victim: 7])
    #expect(test.chain.state.allowances.count == 0)
    #expect(sent.contract == fake && test.account(TestChain.key(9))?.isContract == true)
  }

  @Test func `it answers questions as USDT does, and is in the journal`() throws {
    let (test, fake) = try Self.world()
    func ask(_ contract: Address, _ function: TokenFunction) -> [UInt8] {
      let call = ContractCall.Trigger(
        owner: test.supplier.address.bytes, contract: contract.bytes, data: Self.data(function))
      return test.chain.state.constantCall(call).output
    }
    for function in [TokenFunction.symbol, .name, .decimals] {
      #expect(ask(fake, function) == ask(Genesis.mainnetUSDT, function))
    }
    let adjustment = SimAction.adjust(.init(address: fake, isCounterfeit: true))
    #expect(try SimAction(json: adjustment.json) == adjustment)
  }

  @Test func `activation by a transfer costs its fees, and a zero transferFrom of anybody's tokens succeeds`() throws {
    let (test, _) = try Self.world()
    try test.adjust(test.supplier, trx: 1_000, energy: 0, bandwidth: 0)
    let call = ContractCall.transfer(
      .init(owner: test.supplier.address.bytes, to: test.stranger.address.bytes, amount: 5 * TestChain.trx))
    let transaction = try test.sign(call)
    try test.include(transaction)
    let receipt = try #require(test.chain.find(transaction.id)).entry.receipt
    #expect(receipt.fee == 1_100_000)
    #expect(test.account(test.stranger)?.balance == 5 * TestChain.trx)
    #expect(test.account(test.supplier)?.balance == 995 * TestChain.trx - 1_100_000)
    // Histories are filled with it: no allowance is needed for nothing.
    let poison = try Self.run(
      test, Genesis.mainnetUSDT,
      Self.data(.transferFrom, Word(test.customer.address), Word(test.stranger.address), Word(0)))
    #expect(poison.outcome == .success)
    #expect(poison.logs.first?.topics.dropFirst() == [Word(test.customer.address), Word(test.stranger.address)])
  }
}
