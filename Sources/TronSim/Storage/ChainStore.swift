import Foundation
import Glibc

/// A chain with its journal: whatever changes the one is in the other before anybody sees it.
struct ChainStore {
  private(set) var chain: Chain
  private let journal: Journal

  /// Opens the chain in `directory`, or begins one.
  /// - Parameter write: see `Journal`.
  static func open(
    directory: URL, genesis: Genesis, solidAfter: Int64, nowMs: Int64,
    write: @escaping Journal.Write = { Glibc.write($0, $1, $2) }
  ) throws -> ChainStore {
    try FileManager.default.createDirectory(
      at: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let (journal, lines) = try Journal.open(path: directory.appending(path: "chain.jsonl").path, write: write)
    // The complete genesis ends with a line of its own: without it nothing was ever served, and it is made again.
    guard let first = lines.first, let timestamp = first["genesis"]?.int else {
      var store = ChainStore(chain: Chain(genesisTimestampMs: nowMs, solidAfter: solidAfter), journal: journal)
      let actions = try genesis.create()
      try journal.append(["genesis": .int(nowMs), "actions": .array(actions.map(\.json))])
      for action in actions { _ = try store.chain.perform(action) }
      return store
    }
    var chain = Chain(genesisTimestampMs: timestamp, solidAfter: solidAfter)
    for action in first["actions"]?.array ?? [] { _ = try chain.perform(SimAction(json: action)) }
    for (index, line) in lines.enumerated().dropFirst() {
      do {
        try replay(line, on: &chain)
      } catch {
        throw Journal.Failure(description: "line \(index + 1) of the journal cannot be repeated: \(error)")
      }
    }
    chain.clearPool()
    return ChainStore(chain: chain, journal: journal)
  }

  private static func replay(_ line: JSON, on chain: inout Chain) throws {
    if line["action"] != nil {
      let action = try SimAction(json: line)
      _ = try chain.perform(action)
      // What waited when the action was made is in the blocks that follow it, or was lost.
      chain.clearPool()
      return
    }
    guard let number = line["block"]?.int, let timestamp = line["ts"]?.int else {
      throw Journal.Failure(description: "neither a block nor an action")
    }
    guard number == chain.head.number + 1 else {
      throw Journal.Failure(description: "block \(number) follows block \(chain.head.number)")
    }
    let transactions = try (line["txs"]?.array ?? []).map { text in
      guard let bytes = text.string.flatMap(Hex.decode) else {
        throw Journal.Failure(description: "no hexadecimal text")
      }
      return try Transaction(decoding: bytes)
    }
    try chain.replay(transactions, timestampMs: timestamp)
  }

  mutating func clearPool() { chain.clearPool() }

  /// Changes what waits, never a block: the journal does not hear of it.
  mutating func changePool<Result, Failure: Error>(
    _ body: (inout Chain) throws(Failure) -> Result
  ) throws(Failure) -> Result { try body(&chain) }

  @discardableResult
  mutating func produce(nowMs: Int64) throws(Journal.Failure) -> Block { try write(chain.produce(nowMs: nowMs)) }

  /// The next block from these transactions alone.
  @discardableResult
  mutating func extend(with transactions: [Transaction], timestampMs: Int64) throws(Journal.Failure) -> Block {
    try write(chain.extend(with: transactions, timestampMs: timestampMs))
  }

  private func write(_ block: Block) throws(Journal.Failure) -> Block {
    var line = JSONObject()
    line.set("block", .int(block.number))
    line.set("ts", .int(block.timestampMs))
    line.set("txs", nonEmpty: block.entries.map { .string(Hex.encode($0.transaction.encoded)) })
    try journal.append(line.json)
    return block
  }

  mutating func perform(_ action: SimAction) throws -> JSON {
    let before = chain
    let result = try chain.perform(action)
    do {
      try journal.append(action.json)
    } catch {
      // What the journal does not have, nobody sees.
      chain = before
      throw error
    }
    return result
  }
}
