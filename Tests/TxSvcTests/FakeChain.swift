import Foundation
import Synchronization
import TestKit
import TronKit

/// A node whose chain a test writes itself, block by block and fork by fork. It checks nothing.
final class FakeChain: Sendable {
  struct Transaction: Sendable {
    let raw: [UInt8]
    let id: TransactionID
    /// Left out of the block where it is empty.
    var result = "SUCCESS"
    /// Whether the receipt says that it took effect, where that is not what the result says.
    var hasEffect: Bool?
    /// The receipt's `log` and `internal_transactions`, as JSON.
    var logs = "[]"
    var internals = "[]"
    /// Sun, all of it.
    var fee: Int64 = 1_000

    init(
      _ contract: Contract, salt: Int64, result: String = "SUCCESS", logs: String = "[]", internals: String = "[]",
      fee: Int64 = 1_000
    ) {
      let raw = RawTransaction(
        refBlockBytes: [0, 0], refBlockHash: [UInt8](repeating: 0, count: 8), expiration: 1, timestamp: salt,
        contract: contract)
      self.raw = raw.encoded()
      id = raw.id
      self.result = result
      self.logs = logs
      self.internals = internals
      self.fee = fee
    }

    init(_ signed: SignedTransaction, result: String = "SUCCESS", hasEffect: Bool? = nil) {
      raw = signed.rawBytes
      id = signed.id
      self.result = result
      self.hasEffect = hasEffect
    }
  }

  struct Block: Sendable {
    let id: BlockID
    let parent: BlockID
    let timestamp: Int64
    let transactions: [Transaction]
  }

  struct State: Sendable {
    /// By number, from 0.
    var blocks: [Block]
    var solid: Int64
    var pool: [SignedTransaction] = []
    var calls: [String: Int] = [:]
    /// Receipts are of a node that has not seen the last block's transactions.
    var hasStaleReceipts = false
    /// The solid head that is answered, where it is not the chain's.
    var solidAnswer: Int64?
    /// Blocks that are dated an hour late so many times more.
    var datedLate: [Int64: Int] = [:]
    /// Solid blocks are told as those of this fork.
    var solidFork: UInt8?
    /// What blocks that are not asked for as solid say of every transaction.
    var resultBeforeSolid: String?
    /// Questions about solid blocks are answered when this is over; and how many wait for that.
    var holdsSolid = false
    var heldSolid = 0
    /// What calls are answered with instead of 200, by their names.
    var statuses: [String: Int] = [:]
    /// Gives no lists of blocks, as a lite node.
    var isLite = false
    /// Blocks that are left out of lists.
    var unlisted: Set<Int64> = []
    /// Blocks whose receipts are told as those of another one.
    var receiptsOf: [Int64: Int64] = [:]

    var head: Int64 { Int64(blocks.count) - 1 }
  }

  static let intervalMs: Int64 = 100
  private static let start: Int64 = 1_800_000_000_000

  let state: Mutex<State>
  private let server = Mutex<StubHTTPServer?>(nil)

  /// A chain of empty blocks.
  /// - Parameter genesis: another id of the first block.
  init(head: Int64 = 30, solid: Int64 = 20, genesis: BlockID? = nil) throws {
    var blocks: [Block] = []
    for number in 0...head {
      let block = try Self.block(number, after: blocks.last?.id, fork: 0, [])
      let isGenesis = number == 0 && genesis != nil
      blocks.append(
        Block(
          id: isGenesis ? genesis ?? block.id : block.id, parent: block.parent, timestamp: block.timestamp,
          transactions: []))
    }
    state = Mutex(State(blocks: blocks, solid: solid))
    let server = try StubHTTPServer { [weak self] in self?.reply($0) ?? .text("{}") }
    self.server.withLock { $0 = server }
  }

  var url: String { server.withLock { $0?.url ?? "" } }
  func stop() { server.withLock { $0?.stop() } }

  /// Adds a block; `fork` makes it another than its like on another fork.
  @discardableResult
  func produce(_ transactions: [Transaction] = [], fork: UInt8 = 0) throws -> BlockID {
    try state.withLock { state in
      let block = try Self.block(state.head + 1, after: state.blocks.last?.id, fork: fork, transactions)
      state.blocks.append(block)
      return block.id
    }
  }

  /// Takes the last blocks away.
  func revert(_ count: Int) { state.withLock { $0.blocks.removeLast(count) } }

  /// Makes everything up to `behind` blocks before the head solid.
  func solidify(behind: Int64 = 0) { state.withLock { $0.solid = max($0.solid, $0.head - behind) } }

  var pool: [SignedTransaction] { state.withLock { $0.pool } }
  var calls: [String: Int] { state.withLock { $0.calls } }

  private static func block(_ number: Int64, after parent: BlockID?, fork: UInt8, _ transactions: [Transaction]) throws
    -> Block
  {
    let prefix = (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * Int64($0))) }
    let zero = try BlockID(bytes: [UInt8](repeating: 0, count: 32))
    return Block(
      id: try BlockID(bytes: prefix + [UInt8](repeating: fork, count: 24)), parent: parent ?? zero,
      timestamp: start + number * intervalMs, transactions: transactions)
  }

  // MARK: - Answers

  private func reply(_ request: StubHTTPServer.Request) -> StubHTTPServer.Reply {
    let text = answer(request)
    let name = request.target.split(separator: "/").last.map(String.init) ?? ""
    return .text(text, status: state.withLock { $0.statuses[name] ?? 200 })
  }

  func answer(_ request: StubHTTPServer.Request) -> String {
    let path = request.target.split(separator: "/").map(String.init)
    guard path.count == 2 else { return "{}" }
    let parameters = try? JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any]
    let isSolid = path[0] == "walletsolidity"
    if isSolid { waitForSolid() }
    return state.withLock { state in
      state.calls[path[1], default: 0] += 1
      let last = isSolid ? state.solidAnswer ?? state.solid : state.head
      func number(_ name: String) -> Int64 { (parameters?[name] as? NSNumber)?.int64Value ?? -1 }
      switch path[1] {
      case "getblockbynum":
        let wanted = number("num")
        guard wanted >= 0, wanted <= last else { return "{}" }
        let isLate = state.datedLate[wanted, default: 0] > 0
        if isLate { state.datedLate[wanted, default: 0] -= 1 }
        return Self.json(Self.told(wanted, isSolid, state), lateMs: isLate ? 3_600_000 : 0)
      case "getblock": return Self.json(Self.told(last, isSolid, state), withTransactions: false)
      case "getblockbylimitnext":
        if state.isLite { return #"{"Error":"this API is closed because this node is a lite fullnode"}"# }
        let range = max(0, number("startNum"))..<max(0, min(number("endNum"), last + 1))
        let listed = range.filter { !state.unlisted.contains($0) }
        return #"{"block":[\#(listed.map { Self.json(state.blocks[Int($0)]) }.joined(separator: ","))]}"#
      case "gettransactioninfobyblocknum":
        let wanted = number("num")
        guard wanted >= 0, wanted <= last, !state.hasStaleReceipts else { return "[]" }
        let told = Self.told(state.receiptsOf[wanted] ?? wanted, isSolid, state)
        return "[\(Self.receipts(told).joined(separator: ","))]"
      case "broadcasthex": return Self.broadcast(parameters?["transaction"] as? String ?? "", &state)
      case "getaccount": return #"{"address":"\#(parameters?["address"] as? String ?? "")","balance":1000000}"#
      case "getaccountresource":
        return #"{"freeNetLimit":600,"TotalEnergyLimit":180000000000,"TotalEnergyWeight":18000000000}"#
      default: return "{}"
      }
    }
  }

  private func waitForSolid() {
    guard state.withLock({ $0.holdsSolid }) else { return }
    state.withLock { $0.heldSolid += 1 }
    while state.withLock({ $0.holdsSolid }) { usleep(10_000) }
    state.withLock { $0.heldSolid -= 1 }
  }

  private static func broadcast(_ hex: String, _ state: inout State) -> String {
    guard let bytes = try? Hex.decode(hex), let signed = try? SignedTransaction(decoding: bytes) else {
      return #"{"result":false,"code":"OTHER_ERROR"}"#
    }
    if !state.pool.contains(where: { $0.id == signed.id }) { state.pool.append(signed) }
    return #"{"result":true,"txid":"\#(signed.id.hex)"}"#
  }

  /// A block as the state says that it is answered.
  private static func told(_ number: Int64, _ isSolid: Bool, _ state: State) -> Block {
    let block = state.blocks[Int(number)]
    var transactions = block.transactions
    if !isSolid, let result = state.resultBeforeSolid {
      for index in transactions.indices { transactions[index].result = result }
    }
    let bytes = Array(block.id.bytes.prefix(8)) + [UInt8](repeating: state.solidFork ?? 0, count: 24)
    let id = isSolid && state.solidFork != nil ? (try? BlockID(bytes: bytes)) ?? block.id : block.id
    return Block(id: id, parent: block.parent, timestamp: block.timestamp, transactions: transactions)
  }

  private static func json(_ block: Block, withTransactions: Bool = true, lateMs: Int64 = 0) -> String {
    let transactions = block.transactions.map { transaction in
      let ret = transaction.result.isEmpty ? "" : #""ret":[{"contractRet":"\#(transaction.result)"}],"#
      return #"{\#(ret)"txID":"\#(transaction.id.hex)","#
        + #""raw_data_hex":"\#(Hex.encode(transaction.raw))"}"#
    }
    let isListed = withTransactions && !transactions.isEmpty
    let list = isListed ? #","transactions":[\#(transactions.joined(separator: ","))]"# : ""
    return #"{"blockID":"\#(block.id.hex)","block_header":{"raw_data":{"number":\#(block.id.number),"#
      + #""parentHash":"\#(block.parent.hex)","timestamp":\#(block.timestamp + lateMs)}}\#(list)}"#
  }

  private static func receipts(_ block: Block) -> [String] {
    block.transactions.map { transaction in
      let hasEffect = transaction.hasEffect ?? ["SUCCESS", ""].contains(transaction.result)
      let failure = hasEffect ? "" : #""result":"FAILED","#
      return #"{"id":"\#(transaction.id.hex)","fee":\#(transaction.fee),"blockNumber":\#(block.id.number),"#
        + #""blockTimeStamp":\#(block.timestamp),\#(failure)"receipt":{"net_fee":1000},"log":\#(transaction.logs),"#
        + #""internal_transactions":\#(transaction.internals)}"#
    }
  }
}
