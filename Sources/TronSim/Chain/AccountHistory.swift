/// Which transactions and token events concern an address, oldest first. Knows exactly the blocks that the chain knows.
struct AccountHistory: Sendable {
  struct Position: Sendable, Equatable, Comparable {
    let block: Int64
    let index: Int
    /// Of the transaction's events; among transactions 0 is the transaction itself, and n what its call sent n-th.
    var log = 0

    static func < (left: Position, right: Position) -> Bool {
      (left.block, left.index, left.log) < (right.block, right.index, right.log)
    }
  }

  private(set) var transactions: [Address: [Position]] = [:]
  private(set) var events: [Address: [Position]] = [:]

  mutating func add(_ block: Block) {
    for (index, entry) in block.entries.enumerated() {
      for address in entry.transaction.addresses {
        transactions[address, default: []].append(Position(block: block.number, index: index))
      }
      for (number, transfer) in (entry.receipt.execution?.transfers ?? []).enumerated() {
        transactions[transfer.to, default: []].append(
          Position(block: block.number, index: index, log: number + 1))
      }
      for (number, log) in (entry.receipt.execution?.logs ?? []).enumerated() {
        for address in log.addresses {
          events[address, default: []].append(Position(block: block.number, index: index, log: number))
        }
      }
    }
  }

  /// A block that was taken back.
  mutating func remove(_ block: Block) {
    change(block) { $0.removeAll { $0.block == block.number } }
  }

  /// A block that is older than what the chain keeps.
  mutating func forget(_ block: Block) {
    change(block) { $0.removeSubrange(..<($0.firstIndex { $0.block > block.number } ?? $0.endIndex)) }
  }

  private mutating func change(_ block: Block, _ change: (inout [Position]) -> Void) {
    for entry in block.entries {
      for address in entry.transaction.addresses { Self.change(&transactions, address, change) }
      for transfer in entry.receipt.execution?.transfers ?? [] { Self.change(&transactions, transfer.to, change) }
      for log in entry.receipt.execution?.logs ?? [] {
        for address in log.addresses { Self.change(&events, address, change) }
      }
    }
  }

  private static func change(
    _ index: inout [Address: [Position]], _ address: Address, _ change: (inout [Position]) -> Void
  ) {
    guard var positions = index.removeValue(forKey: address) else { return }
    change(&positions)
    if !positions.isEmpty { index[address] = positions }
  }
}

extension Transaction {
  /// Whose history it belongs to.
  var addresses: Set<Address> {
    guard let call else { return [] }
    var parts = [call.owner, call.counterparty ?? []]
    if case .trigger(let trigger) = call { parts.append(trigger.contract) }
    return Set(parts.compactMap { Address(bytes: $0) })
  }
}

extension EventLog {
  /// Both of a token's events name two addresses.
  var addresses: Set<Address> { Set(topics.dropFirst().compactMap(\.address)) }
}
