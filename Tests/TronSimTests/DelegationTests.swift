import Testing

@testable import TronSim

@Suite struct DelegationTests {
  @Test func `a delegation takes effect at inclusion and lends the stake`() throws {
    let test = try TestChain()
    let transaction = try test.delegate(7_000)
    try test.broadcast(transaction)
    #expect(test.account(test.customer)?.energy.acquired == 0)
    #expect(test.chain.find(transaction.id) == nil)
    test.produce()
    #expect(test.chain.find(transaction.id)?.block.number == test.chain.head.number)
    #expect(test.account(test.supplier)?.energy.frozen == 93_000 * TestChain.trx)
    #expect(test.account(test.supplier)?.energy.delegated == 7_000 * TestChain.trx)
    #expect(test.account(test.customer)?.energy.acquired == 7_000 * TestChain.trx)
    let customer = try #require(test.account(test.customer))
    #expect(test.chain.state.resources(.energy, of: customer, at: TestChain.start).limit == 66_500)
  }

  @Test func `a reclaim returns the stake, and the pair is forgotten when nothing is left`() throws {
    let test = try TestChain()
    try test.include(try test.delegate(7_000))
    try test.include(try test.reclaim(3_000))
    let pair = Delegation.Pair(from: test.supplier.address, to: test.customer.address)
    #expect(test.chain.state.delegations[pair]?.energy.unlocked == 4_000 * TestChain.trx)
    try test.include(try test.reclaim(4_000))
    #expect(test.chain.state.delegations[pair] == nil)
    #expect(test.account(test.supplier)?.energy.frozen == 100_000 * TestChain.trx)
    try #expect(
      test.refusal(of: test.reclaim(1))?.message == "Contract validate error : delegated Resource does not exist")
    #expect(test.chain.delegationLog.map(\.isDelegate) == [true, false, false])
  }

  @Test func `what cannot be delegated is refused in java-tron's words`() throws {
    let test = try TestChain()
    let owner = test.supplier.address
    func text(_ transaction: Transaction) -> String? {
      let refusal = test.refusal(of: transaction)
      #expect(refusal?.code == .validate)
      return refusal.map { String($0.message.dropFirst("Contract validate error : ".count)) }
    }
    try #expect(text(test.delegate(0)) == "delegateBalance must be greater than or equal to 1 TRX")
    try #expect(
      text(test.delegate(100_001))
        == "delegateBalance must be less than or equal to available FreezeEnergyV2 balance")
    try #expect(
      text(test.delegate(175_001, resource: 0))
        == "delegateBalance must be less than or equal to available FreezeBandwidthV2 balance")
    try #expect(text(test.delegate(5, to: owner)) == "receiverAddress must not be the same as ownerAddress")
    try #expect(text(test.delegate(5, to: test.stranger.address)) == "Account[\(test.stranger.address.hex)] not exists")
    try #expect(
      text(test.delegate(5, to: test.contract.address)) == "Do not allow delegate resources to contract addresses")
    try #expect(text(test.delegate(5, resource: 2)) == "ResourceCode error, valid ResourceCode[BANDWIDTH、ENERGY]")
    try #expect(
      text(test.delegate(5, lock: true, lockPeriod: 864_001))
        == "The lock period of delegate resource cannot be less than 0 and cannot exceed 864000!")
    #expect(test.account(test.supplier)?.energy.delegated == 0)
  }

  @Test func `waiting delegations count: the pool cannot lend the same stake twice`() throws {
    let test = try TestChain()
    try test.broadcast(try test.delegate(60_000))
    try #expect(
      test.refusal(of: test.delegate(60_000))?.message
        == "Contract validate error : delegateBalance must be less than or equal to available FreezeEnergyV2 balance")
    try test.broadcast(try test.delegate(40_000))
    test.produce()
    #expect(test.account(test.supplier)?.energy.frozen == 0)
  }

  @Test func `a locked delegation is reclaimed only after its expiry`() throws {
    let test = try TestChain()
    try test.include(try test.delegate(5_000, lock: true, lockPeriod: 10))
    try #expect(
      test.refusal(of: test.reclaim(5_000))?.message
        == "Contract validate error : insufficient delegateFrozenBalance(Energy), request=5000000000, unlock_balance=0")
    test.advance(ms: 24_000)  // the lock began at the block before: 27 s of its 30 have passed
    try #expect(test.refusal(of: test.reclaim(5_000)) != nil)
    test.advance(ms: 3_000)  // 30 s: the expiry must lie strictly before
    try #expect(test.refusal(of: test.reclaim(5_000)) != nil)
    test.advance(ms: 1)
    try test.include(try test.reclaim(5_000))
    #expect(test.account(test.supplier)?.energy.delegated == 0)
  }

  @Test func `a second lock merges with the first and may not end before it`() throws {
    let test = try TestChain()
    try test.include(try test.delegate(5_000, lock: true, lockPeriod: 100))
    let refused = test.refusal(of: try test.delegate(1_000, lock: true, lockPeriod: 50))
    #expect(
      refused?.message
        == "Contract validate error : The lock period for ENERGY this time cannot be less than the remaining "
        + "time[297000ms] of the last lock period for ENERGY!")
    let head = test.chain.head.timestampMs
    try test.include(try test.delegate(1_000, lock: true))
    let pair = Delegation.Pair(from: test.supplier.address, to: test.customer.address)
    let part = try #require(test.chain.state.delegations[pair]?.energy)
    #expect(part.locked == 6_000 * TestChain.trx)
    #expect(part.expiresAtMs == head + 86_400 * 3_000)
  }

  @Test func `spent energy goes back with the stake and recovers at the lender within 24 hours`() throws {
    let test = try TestChain()
    try test.include(try test.delegate(10_000))
    _ = try test.chain.perform(.useEnergy(test.customer.address, amount: 95_000))
    try test.include(try test.reclaim(10_000))
    let now = test.chain.head.timestampMs
    let used = try #require(test.account(test.supplier)).energy.meter.current(at: now)
    #expect((94_990...95_000).contains(used))
    #expect(test.account(test.customer)?.energy.meter.current(at: now) == 0)
    // All 100,000 TRX are the supplier's again, but 10,000 of them are still in use.
    try #expect(test.refusal(of: test.delegate(91_000)) != nil)
    try #expect(test.refusal(of: test.delegate(90_000)) == nil)
    test.chain.clearPool()
    test.advance(ms: 43_200_000)
    let half = try #require(test.account(test.supplier)).energy.meter.current(at: test.chain.head.timestampMs)
    #expect((47_400...47_600).contains(half))
    test.advance(ms: 43_200_000)
    try #expect(test.refusal(of: test.delegate(100_000)) == nil)
  }

  @Test func `a partial reclaim takes a proportional share of the usage`() throws {
    let test = try TestChain()
    try test.include(try test.delegate(10_000))
    _ = try test.chain.perform(.useEnergy(test.customer.address, amount: 40_000))
    try test.include(try test.reclaim(5_000))
    let now = test.chain.head.timestampMs
    let lender = try #require(test.account(test.supplier)).energy.meter.current(at: now)
    let borrower = try #require(test.account(test.customer)).energy.meter.current(at: now)
    #expect((19_990...20_000).contains(lender))
    #expect((19_990...20_001).contains(borrower))
  }
}
