import Foundation
import Glibc
import Testing

@testable import TronSim

@Suite struct StoreTests {
  private static func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "tron-sim-\(UUID().uuidString)")
    defer {
      do {
        try FileManager.default.removeItem(at: folder)
      } catch {
        Issue.record("cannot remove \(folder.path): \(error)")
      }
    }
    try body(folder)
  }

  private static func open(_ folder: URL, suppliers: Int = 2, disk: Disk = Disk()) throws -> ChainStore {
    let genesis = Genesis(directory: folder, suppliers: suppliers, supplierStake: 1_000)
    return try ChainStore.open(
      directory: folder, genesis: genesis, solidAfter: 3, nowMs: TestChain.start, write: disk.write)
  }

  private final class Disk {
    /// Bytes that still fit; nil: any number.
    var room: Int?

    func write(_ descriptor: Int32, _ bytes: UnsafeRawPointer?, _ count: Int) -> Int {
      guard let room else { return Glibc.write(descriptor, bytes, count) }
      guard room > 0 else {
        errno = ENOSPC
        return -1
      }
      let written = Glibc.write(descriptor, bytes, min(room, count))
      self.room = room - written
      return written
    }
  }

  /// A chain with actions, a transfer, a reorganisation and a few empty blocks.
  private static func fill(_ store: inout ChainStore, folder: URL) throws -> Transaction {
    let text = try String(contentsOf: folder.appending(path: "suppliers/1.key"), encoding: .utf8)
    let bytes = Hex.decode(text.trimmingCharacters(in: .whitespacesAndNewlines))
    let key = try #require(bytes.flatMap(KeyPair.init))
    _ = try store.produce(nowMs: TestChain.start + 3_000)
    var raw = RawTransaction()
    raw.refBlockBytes = Array(store.chain.head.id[6..<8])
    raw.refBlockHash = Array(store.chain.head.id[8..<16])
    raw.expiration = store.chain.head.timestampMs + 60_000
    let call = ContractCall.transfer(
      .init(owner: key.address.bytes, to: TestChain.key(7).address.bytes, amount: 5_000_000))
    raw.contracts = [
      .init(type: 1, typeURL: "type.googleapis.com/protocol.TransferContract", value: call.encoded ?? [])
    ]
    let transaction = try Transaction(raw: raw, signatures: [key.sign(sha256(raw.encoded))])
    try store.broadcast(transaction)
    _ = try store.produce(nowMs: TestChain.start + 6_000)
    _ = try store.perform(.revert(blocks: 1, keepTransactions: true))
    _ = try store.produce(nowMs: TestChain.start + 7_000)
    _ = try store.perform(.adjust(.init(address: TestChain.key(8).address, balance: 77, usdt: 5)))
    try useEveryContract(&store, key)
    _ = try store.perform(.setClockOffset(ms: 1_000))
    _ = try store.produce(nowMs: TestChain.start + 9_000)
    return transaction
  }

  /// USDT that arrives and USDT that does not, unstaking and permissions, a block each.
  private static func useEveryContract(_ store: inout ChainStore, _ key: KeyPair) throws {
    _ = try store.perform(.adjust(.init(address: key.address, usdt: 500)))
    let owner = key.address.bytes
    func transfer(_ amount: Int64) -> ContractCall {
      let selector = Keccak256.hash(Array(TokenFunction.transfer.rawValue.utf8)).prefix(4)
      let data = Array(selector) + Word(TestChain.key(9).address).bytes + Word(amount).bytes
      return .trigger(.init(owner: owner, contract: Genesis.mainnetUSDT.bytes, data: data))
    }
    let calls: [(Int64, ContractCall)] = [
      (31, transfer(200)), (31, transfer(9_999)), (55, .unfreeze(.init(owner: owner, balance: 7, resource: 1))),
      (46, .permissionUpdate(
        .init(account: owner, owner: .defaultOwner(key.address), actives: [.defaultActive(key.address)]))),
    ]
    for (index, (type, call)) in calls.enumerated() {
      var raw = RawTransaction()
      raw.refBlockBytes = Array(store.chain.head.id[6..<8])
      raw.refBlockHash = Array(store.chain.head.id[8..<16])
      raw.expiration = store.chain.head.timestampMs + 60_000
      raw.feeLimit = 100 * TestChain.trx
      let name = ContractType.name(of: type)
      raw.contracts = [.init(type: type, typeURL: "type.googleapis.com/protocol.\(name)", value: call.encoded ?? [])]
      try store.broadcast(Transaction(raw: raw, signatures: [key.sign(sha256(raw.encoded))]))
      _ = try store.produce(nowMs: TestChain.start + 7_100 + Int64(index))
    }
  }

  @Test func `a restart keeps blocks, accounts and transactions, and goes on without a gap`() throws {
    try Self.withFolder { folder in
      var first = try Self.open(folder)
      let transaction = try Self.fill(&first, folder: folder)
      var second = try Self.open(folder)
      #expect(second.chain.head.id == first.chain.head.id)
      #expect(second.chain.state.accounts == first.chain.state.accounts)
      #expect(second.chain.state.accounts.count == 8)
      #expect(second.chain.state.accounts[TestChain.key(7).address]?.balance == 5_000_000)
      #expect(second.chain.state.usdt == first.chain.state.usdt)
      #expect(second.chain.state.usdt[TestChain.key(9).address] == 200)
      #expect(second.chain.state.parameters == first.chain.state.parameters)
      #expect(second.chain.history.events == first.chain.history.events)
      #expect(second.chain.history.transactions == first.chain.history.transactions)
      #expect(second.chain.state.accounts.values.flatMap(\.unfrozen).map(\.amount) == [7])
      #expect(second.chain.find(transaction.id)?.block.id == first.chain.find(transaction.id)?.block.id)
      #expect(second.chain.clockOffsetMs == 1_000)
      let next = try second.produce(nowMs: TestChain.start + 12_000)
      #expect(next.number == first.chain.head.number + 1)
      #expect(next.header.parentHash == first.chain.head.id)
      #expect(throws: Refusal.duplicate) { try second.broadcast(transaction) }
    }
  }

  @Test func `a line that is only half written leaves the chain and the journal as they were`() throws {
    try Self.withFolder { folder in
      let disk = Disk()
      var first = try Self.open(folder, disk: disk)
      let address = TestChain.key(8).address
      _ = try first.perform(.adjust(.init(address: address, balance: 77)))
      disk.room = 10
      #expect(throws: Journal.Failure.self) {
        _ = try first.perform(.adjust(.init(address: address, balance: 78)))
      }
      #expect(first.chain.state.accounts[address]?.balance == 77)
      disk.room = nil
      _ = try first.perform(.adjust(.init(address: address, balance: 79)))
      let second = try Self.open(folder)
      #expect(second.chain.state.accounts[address]?.balance == 79)
    }
  }

  @Test func `an unfinished last line is cut off`() throws {
    try Self.withFolder { folder in
      var first = try Self.open(folder)
      _ = try Self.fill(&first, folder: folder)
      let file = folder.appending(path: "chain.jsonl")
      let whole = try Data(contentsOf: file)
      try (whole + Data(#"{"block":4,"ts":17"#.utf8)).write(to: file)
      var second = try Self.open(folder)
      #expect(second.chain.head.id == first.chain.head.id)
      _ = try second.produce(nowMs: TestChain.start + 12_000)
      try #expect(Self.open(folder).chain.head.id == second.chain.head.id)
    }
  }

  @Test func `a damaged journal is refused with its line`() throws {
    try Self.withFolder { folder in
      var first = try Self.open(folder)
      _ = try Self.fill(&first, folder: folder)
      let file = folder.appending(path: "chain.jsonl")
      var text = try String(contentsOf: file, encoding: .utf8)
      text = text.replacing(#"{"block":2,"#, with: #"{"block":5,"#)
      try Data(text.utf8).write(to: file)
      #expect {
        _ = try Self.open(folder)
      } throws: {
        "\($0)".contains("line 3")
      }
    }
  }
}
