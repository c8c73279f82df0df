import Testing

@testable import TronSim

@Suite struct BroadcastTests {
  @Test func `only the owner's key signs for the owner`() throws {
    let test = try TestChain()
    let call = try test.delegate(10).call
    let forged = try test.sign(try #require(call), keys: [test.stranger])
    let refusal = try #require(test.refusal(of: forged))
    #expect(refusal.code == .signature)
    #expect(
      refusal.message == "Validate signature error: \(Hex.encode(forged.signatures[0])) is signed by "
        + "\(test.stranger.address) but it is not contained of permission.")
    try #expect(
      test.refusal(of: test.sign(#require(call), keys: []))?.message
        == "Validate signature error: miss sig or contract")
    try #expect(
      test.refusal(of: test.sign(#require(call), permissionID: 5))?.message
        == "Validate signature error: permission isn't exit")
    let short = try Transaction(raw: try test.delegate(10).raw, signatures: [[1, 2, 3]])
    #expect(test.refusal(of: short)?.message == "Validate signature error: Signature size is 3")
  }

  @Test func `v may be written as 0 and 1 or as 27 and 28`() throws {
    let test = try TestChain()
    let transaction = try test.delegate(10)
    var signature = transaction.signatures[0]
    signature[64] += 27
    try #expect(test.refusal(of: Transaction(raw: transaction.raw, signatures: [signature])) == nil)
  }

  @Test func `a restricted key may delegate and reclaim and nothing else`() throws {
    let test = try TestChain()
    let mask = [UInt8](repeating: 0, count: 7) + [0x06] + [UInt8](repeating: 0, count: 24)
    let keys = [Permission.Key(address: test.stranger.address.bytes, weight: 1)]
    try test.include(
      try test.sign(
        .permissionUpdate(
          .init(
            account: test.supplier.address.bytes, owner: .defaultOwner(test.supplier.address),
            actives: [
              Permission(type: 2, name: "delegate", threshold: 1, operations: mask, keys: keys)
            ]))))
    #expect(test.account(test.supplier)?.balance == 900 * TestChain.trx)
    let delegate = try #require(try test.delegate(10).call)
    try #expect(test.refusal(of: test.sign(delegate, keys: [test.stranger], permissionID: 2)) == nil)
    try #expect(test.refusal(of: test.sign(delegate, keys: [test.stranger]))?.code == .signature)
    let transfer = ContractCall.transfer(
      .init(owner: test.supplier.address.bytes, to: test.customer.address.bytes, amount: 1))
    try #expect(
      test.refusal(of: test.sign(transfer, keys: [test.stranger], permissionID: 2))?.message
        == "Validate signature error: Permission denied")
  }

  @Test func `two of three signatures are needed where the threshold says so`() throws {
    let test = try TestChain()
    let keys = [test.supplier, test.customer, test.stranger].map {
      Permission.Key(address: $0.address.bytes, weight: 1)
    }
    let owner = Permission(type: 0, name: "owner", threshold: 2, keys: keys)
    try test.include(
      try test.sign(
        .permissionUpdate(
          .init(
            account: test.supplier.address.bytes, owner: owner, actives: [.defaultActive(test.supplier.address)]))))
    let call = try #require(try test.delegate(10).call)
    try #expect(test.refusal(of: test.sign(call))?.message == "Validate signature error: sig error")
    try #expect(
      test.refusal(of: test.sign(call, keys: [test.supplier, test.supplier]))?.message
        == "Validate signature error: \(test.supplier.address) has signed twice!")
    let both = try test.sign(call, keys: [test.supplier, test.stranger])
    try test.include(both)
    #expect(test.chain.find(both.id)?.entry.receipt.fee == 1_000_000)
  }

  @Test func `the reference block must be of this chain`() throws {
    let test = try TestChain()
    let call = try #require(try test.delegate(10).call)
    let other = try test.sign(call) { $0.refBlockHash = [UInt8](repeating: 7, count: 8) }
    #expect(test.refusal(of: other) == .tapos)
    let ahead = try test.sign(call) { $0.refBlockBytes = [0x12, 0x34] }
    #expect(test.refusal(of: ahead) == .tapos)
    let genesis = try #require(test.chain.block(0))
    test.produce(10)
    let old = try test.sign(call) {
      $0.refBlockBytes = Array(genesis.id[6..<8])
      $0.refBlockHash = Array(genesis.id[8..<16])
    }
    #expect(test.refusal(of: old) == nil)
  }

  @Test func `expiration lies after the head and at most 24 hours after it`() throws {
    let test = try TestChain()
    let call = try #require(try test.delegate(10).call)
    let head = test.chain.head.timestampMs
    try #expect(test.refusal(of: test.sign(call) { $0.expiration = head }) == .expired)
    try #expect(test.refusal(of: test.sign(call) { $0.expiration = head + 86_400_001 }) == .expired)
    try #expect(test.refusal(of: test.sign(call) { $0.expiration = head + 86_400_000 }) == nil)
    try #expect(test.refusal(of: test.sign(call) { $0.expiration = head + 1 }) == nil)
  }

  @Test func `the same bytes are a duplicate, also when they were refused before`() throws {
    let test = try TestChain()
    let good = try test.delegate(10)
    #expect(test.refusal(of: good) == nil)
    #expect(test.refusal(of: good) == .alreadyExists)
    test.produce()
    #expect(test.refusal(of: good) == .alreadyExists)
    let bad = try test.delegate(0)
    #expect(test.refusal(of: bad)?.code == .validate)
    #expect(test.refusal(of: bad) == .alreadyExists)
    test.produce()
    #expect(test.chain.find(bad.id) == nil)
    #expect(test.account(test.supplier)?.energy.delegated == 10 * TestChain.trx)
  }

  @Test func `bandwidth comes from stake, else from the free daily amount, else from TRX`() throws {
    let test = try TestChain()
    let staked = try test.delegate(10)
    try test.include(staked)
    #expect(test.chain.find(staked.id)?.entry.receipt == Receipt(netUsage: Int64(staked.encoded.count + 64)))

    func pay(_ amount: Int64) throws -> Transaction {
      let call = ContractCall.transfer(
        .init(owner: test.customer.address.bytes, to: test.supplier.address.bytes, amount: amount))
      return try test.sign(call, keys: [test.customer])
    }
    for _ in 0..<2 {
      let free = try pay(1)
      try test.include(free)
      #expect(test.chain.find(free.id)?.entry.receipt.netFee == 0)
    }
    let burned = try pay(1)
    try test.include(burned)
    let size = Int64(burned.encoded.count + 64)
    #expect(test.chain.find(burned.id)?.entry.receipt == Receipt(fee: size * 1_000, netFee: size * 1_000))
    try test.adjust(test.customer, trx: 0)
    try #expect(test.refusal(of: pay(1)) == .bandwidth)
    test.advance(ms: 86_400_000)
    try test.adjust(test.customer, trx: 1)
    try #expect(test.refusal(of: pay(1)) == nil)
  }

  @Test func `a transfer to a new address activates it for 1 TRX`() throws {
    let test = try TestChain()
    let call = ContractCall.transfer(
      .init(owner: test.supplier.address.bytes, to: test.stranger.address.bytes, amount: 2 * TestChain.trx))
    try test.include(try test.sign(call))
    #expect(test.account(test.stranger)?.balance == 2 * TestChain.trx)
    #expect(test.account(test.supplier)?.balance == 997 * TestChain.trx)
    try test.include(try test.delegate(10, to: test.stranger.address))
    #expect(test.account(test.stranger)?.energy.acquired == 10 * TestChain.trx)
  }

  @Test func `a full pool is busy, and a block empties it`() throws {
    let test = try TestChain()
    try test.adjust(test.supplier, trx: 1_000_000, energy: 100_000, bandwidth: 10_000_000)
    for _ in 0..<Chain.poolMaximum { try test.broadcast(try test.delegate(1)) }
    let next = try test.delegate(1)
    #expect(test.refusal(of: next) == .busy)
    test.produce()
    #expect(test.chain.head.entries.count == Chain.poolMaximum)
    #expect(test.refusal(of: next) == nil)
  }

  @Test func `a transaction that no longer applies at inclusion is dropped`() throws {
    let test = try TestChain()
    let transaction = try test.delegate(90_000)
    try test.broadcast(transaction)
    try test.adjust(test.supplier, trx: 1_000, energy: 50_000, bandwidth: 175_000)
    test.produce()
    #expect(test.chain.find(transaction.id) == nil)
    #expect(test.chain.pool.isEmpty)
  }

  @Test func `solid lies behind the head, and only what is not solid can be taken back`() throws {
    let test = try TestChain(solidAfter: 3)
    test.produce(5)
    let transaction = try test.delegate(10)
    try test.include(transaction)
    #expect(test.chain.solidNumber == test.chain.head.number - 3)
    #expect(test.chain.solidState.accounts[test.customer.address]?.energy.acquired == 0)
    let before = test.chain.head.id
    _ = try test.chain.perform(.revert(blocks: 1, keepTransactions: true))
    #expect(test.chain.find(transaction.id) == nil)
    #expect(test.account(test.customer)?.energy.acquired == 0)
    test.produce()
    #expect(test.chain.head.id != before)
    #expect(test.chain.find(transaction.id) != nil)
    test.produce(3)
    #expect(test.chain.solidState.accounts[test.customer.address]?.energy.acquired == 10 * TestChain.trx)
    #expect(throws: SimAction.Refused.self) { _ = try test.chain.perform(.revert(blocks: 4, keepTransactions: true)) }
  }
}
