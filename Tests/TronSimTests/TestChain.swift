@testable import TronSim

/// A chain with a few accounts, and transactions made by hand for it.
final class TestChain {
  static let start: Int64 = 1_700_000_000_000
  static let trx: Int64 = 1_000_000

  var chain: Chain
  /// What the one node has been handed.
  private var cache = TransactionCache()
  let supplier = TestChain.key(1)
  let customer = TestChain.key(2)
  let stranger = TestChain.key(3)
  let contract = TestChain.key(4)
  private var now = TestChain.start
  private var timestamp = TestChain.start

  init(solidAfter: Int64 = 5) throws {
    chain = Chain(genesisTimestampMs: Self.start, solidAfter: solidAfter)
    try adjust(supplier, trx: 1_000, energy: 100_000, bandwidth: 175_000)
    try adjust(customer, trx: 100)
    _ = try chain.perform(.adjust(.init(address: contract.address, balance: 0, isContract: true)))
    produce()
  }

  static func key(_ number: UInt8) -> KeyPair {
    guard let key = KeyPair(privateKey: [UInt8](repeating: 0, count: 31) + [number]) else {
      preconditionFailure("\(number) is no private key")
    }
    return key
  }

  func adjust(_ key: KeyPair, trx: Int64, energy: Int64 = 0, bandwidth: Int64 = 0) throws {
    _ = try chain.perform(
      .adjust(
        .init(
          address: key.address, balance: trx * Self.trx, energyStake: energy * Self.trx,
          bandwidthStake: bandwidth * Self.trx)))
  }

  /// Makes blocks of 3 s.
  func produce(_ count: Int = 1) {
    for _ in 0..<count {
      now += 3_000
      chain.produce(nowMs: now)
    }
  }

  /// One block, `ms` later than the last.
  func advance(ms: Int64) {
    now += ms
    chain.produce(nowMs: now)
  }

  func delegate(
    _ trx: Int64, to receiver: Address? = nil, resource: Int64 = 1, lock: Bool = false, lockPeriod: Int64 = 0
  ) throws -> Transaction {
    try sign(
      .delegate(
        .init(
          owner: supplier.address.bytes, resource: resource, balance: trx * Self.trx,
          receiver: (receiver ?? customer.address).bytes, lock: lock, lockPeriod: lockPeriod)))
  }

  func reclaim(_ trx: Int64, resource: Int64 = 1) throws -> Transaction {
    try sign(
      .unDelegate(
        .init(
          owner: supplier.address.bytes, resource: resource, balance: trx * Self.trx,
          receiver: customer.address.bytes)))
  }

  /// A transaction of the supplier unless keys are named, with a timestamp of its own.
  func sign(
    _ call: ContractCall, keys: [KeyPair]? = nil, permissionID: Int64 = 0,
    edit: (inout RawTransaction) -> Void = { _ in }
  ) throws -> Transaction {
    timestamp += 1
    var raw = RawTransaction()
    raw.refBlockBytes = Array(chain.head.id[6..<8])
    raw.refBlockHash = Array(chain.head.id[8..<16])
    raw.expiration = chain.head.timestampMs + 60_000
    raw.timestamp = timestamp
    var contract = RawTransaction.Contract()
    switch call {
    case .transfer: contract.type = ContractType.transfer
    case .delegate: contract.type = ContractType.delegateResource
    case .unDelegate: contract.type = ContractType.unDelegateResource
    case .freeze: contract.type = ContractType.freezeBalanceV2
    case .unfreeze: contract.type = ContractType.unfreezeBalanceV2
    case .permissionUpdate: contract.type = ContractType.permissionUpdate
    case .withdrawExpired: contract.type = ContractType.withdrawExpireUnfreeze
    case .trigger: contract.type = ContractType.triggerSmartContract
    case .other: contract.type = ContractType.triggerSmartContract
    }
    contract.typeURL = "type.googleapis.com/protocol." + ContractType.name(of: contract.type)
    contract.value = call.encoded ?? []
    contract.permissionID = permissionID
    raw.contracts = [contract]
    edit(&raw)
    let id = TransactionID(hashing: raw.encoded)
    return try Transaction(raw: raw, signatures: (keys ?? [supplier]).map { $0.sign(id.bytes) })
  }

  /// Hands it to the node.
  func broadcast(_ transaction: Transaction) throws(Refusal) { try chain.admit(transaction, through: &cache) }

  func include(_ transaction: Transaction) throws {
    try broadcast(transaction)
    produce()
  }

  /// What the node answers.
  func refusal(of transaction: Transaction) -> Refusal? {
    do {
      try broadcast(transaction)
      return nil
    } catch {
      return error
    }
  }

  func account(_ key: KeyPair) -> Account? { chain.state.accounts[key.address] }
}

extension ChainStore {
  /// Hands a transaction to a node that has heard of none.
  mutating func broadcast(_ transaction: Transaction) throws(Refusal) {
    var cache = TransactionCache()
    try changePool { chain throws(Refusal) in try chain.admit(transaction, through: &cache) }
  }
}
