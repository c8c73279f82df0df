import Testing

@testable import TronSim

@Suite struct StakeTests {
  private static let trx = TestChain.trx
  private static let day: Int64 = 86_400_000

  private static func stake(_ test: TestChain, _ sun: Int64, _ resource: Int64 = 1) -> ContractCall.Stake {
    .init(owner: test.supplier.address.bytes, balance: sun, resource: resource)
  }

  private static func text(_ test: TestChain, _ call: ContractCall) throws -> String? {
    let message = test.refusal(of: try test.sign(call))?.message
    return message.map { String($0.dropFirst("Contract validate error : ".count)) }
  }

  @Test func `stake that is given up comes free after 14 days`() throws {
    let test = try TestChain()
    let weight = test.chain.state.parameters.totalEnergyWeight
    let head = test.chain.head.timestampMs
    try test.include(try test.sign(.unfreeze(Self.stake(test, 100 * Self.trx))))
    #expect(test.account(test.supplier)?.energy.frozen == 99_900 * Self.trx)
    #expect(test.account(test.supplier)?.balance == 1_000 * Self.trx)
    #expect(
      test.account(test.supplier)?.unfrozen
        == [.init(resource: .energy, amount: 100 * Self.trx, expiresAtMs: head + 14 * Self.day)])
    #expect(test.chain.state.parameters.totalEnergyWeight == weight - 100)
    let withdraw = ContractCall.withdrawExpired(.init(owner: test.supplier.address.bytes))
    #expect(try Self.text(test, withdraw) == "no unFreeze balance to withdraw ")
    test.advance(ms: 14 * Self.day)
    let transaction = try test.sign(withdraw)
    try test.include(transaction)
    #expect(test.account(test.supplier)?.balance == 1_100 * Self.trx)
    #expect(test.account(test.supplier)?.unfrozen == [])
    #expect(test.chain.find(transaction.id)?.entry.receipt.withdrawn == 100 * Self.trx)
  }

  @Test func `giving up more takes along what has come free`() throws {
    let test = try TestChain()
    try test.include(try test.sign(.unfreeze(Self.stake(test, 5 * Self.trx))))
    test.advance(ms: 14 * Self.day)
    try test.include(try test.sign(.unfreeze(Self.stake(test, 7 * Self.trx, 0))))
    #expect(test.account(test.supplier)?.balance == 1_005 * Self.trx)
    #expect(test.account(test.supplier)?.unfrozen.map(\.amount) == [7 * Self.trx])
  }

  @Test func `at most 32 wait at a time`() throws {
    let test = try TestChain()
    for _ in 0..<32 { try test.broadcast(try test.sign(.unfreeze(Self.stake(test, 1)))) }
    test.produce()
    #expect(
      try Self.text(test, .unfreeze(Self.stake(test, 1)))
        == "Invalid unfreeze operation, unfreezing times is over limit")
  }

  @Test func `what cannot be staked or given up is refused in java-tron's words`() throws {
    let test = try TestChain()
    try test.include(try test.delegate(100_000))
    #expect(try Self.text(test, .unfreeze(Self.stake(test, 1))) == "no frozenBalance(Energy)")
    #expect(
      try Self.text(test, .unfreeze(Self.stake(test, 0, 0))) == "Invalid unfreeze_balance, [0] is error")
    #expect(
      try Self.text(test, .unfreeze(Self.stake(test, 175_001 * Self.trx, 0)))
        == "Invalid unfreeze_balance, [175001000000] is error")
    #expect(
      try Self.text(test, .unfreeze(Self.stake(test, 1, 2)))
        == "ResourceCode error.valid ResourceCode[BANDWIDTH、Energy]")
    #expect(
      try Self.text(test, .freeze(Self.stake(test, 999_999)))
        == "frozenBalance must be greater than or equal to 1 TRX")
    #expect(try Self.text(test, .freeze(Self.stake(test, 0))) == "frozenBalance must be positive")
    #expect(
      try Self.text(test, .freeze(Self.stake(test, 1_001 * Self.trx)))
        == "frozenBalance must be less than or equal to accountBalance")
  }

  @Test func `an amount that no balance can hold is refused`() throws {
    let test = try TestChain()
    let most: Int64 = 1_000_000_000_000_000_000
    _ = try test.chain.perform(.adjust(.init(address: test.customer.address, balance: most)))
    for _ in 0..<8 {
      _ = try test.chain.perform(.adjust(.init(address: test.supplier.address, balance: most)))
      let call = ContractCall.transfer(
        .init(owner: test.supplier.address.bytes, to: test.customer.address.bytes, amount: most))
      try test.include(try test.sign(call))
    }
    _ = try test.chain.perform(.adjust(.init(address: test.supplier.address, balance: most)))
    let call = ContractCall.transfer(
      .init(owner: test.supplier.address.bytes, to: test.customer.address.bytes, amount: most))
    #expect(try Self.text(test, call) == "long overflow")
  }
}
