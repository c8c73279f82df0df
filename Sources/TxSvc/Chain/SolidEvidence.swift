import BusKit
import Contracts
import Foundation
import TronKit

/// A block of the solid chain, as far as its receipts are to be compared with it.
struct SolidPlace: Sendable, Equatable {
  let number: Int64
  let blockID: BlockID
  let timeMs: Int64
  /// nil where they were not counted.
  let transactions: Int?

  init(_ block: FollowedBlock, number: Int64) {
    self.number = number
    blockID = block.blockID
    timeMs = block.timeMs
    transactions = block.transactions
  }

  init(_ block: SolidBlock) {
    number = block.number
    blockID = block.blockID
    timeMs = block.timeMs
    transactions = block.transactions
  }
}

/// What nodes say of a solid block and of our transactions in it.
struct SolidEvidence: Sendable {
  let place: SolidPlace
  var receipts: [TransactionInfo] = []
  /// What the block says of ours, where it had to be read again.
  var results: [TransactionID: String] = [:]
  /// Ours that are not in it, although they were said to be.
  var absent: Set<TransactionID> = []
}

/// Reads what is concluded from when a block is solid. Money moves by it, so block and receipts must say the same.
struct SolidReading: Sendable {
  let bus: Bus
  let reader: ChainReader

  /// - Parameters:
  ///   - block: where it is at hand.
  ///   - ours: what our rows have in a block of this number.
  func evidence(_ place: SolidPlace, _ block: ChainBlock?, _ ours: [StoredTransaction]) async throws -> SolidEvidence {
    let receipts = try await reader.read(.receipts) { node in
      try await node.transactionInfos(inBlock: place.number, solid: true)
    }
    try check(receipts, place, block)
    let here = ours.filter { $0.blockID == place.blockID }
    let succeeded = Dictionary(receipts.map { ($0.id, $0.succeeded) }) { first, _ in first }
    let isAgreed = here.allSatisfy { transaction in
      guard let receipt = succeeded[transaction.id] else { return false }
      return (transaction.effect ?? receipt) == receipt
    }
    return isAgreed ? SolidEvidence(place: place, receipts: receipts) : try await secondLook(place, here)
  }

  /// The block that was followed and its receipts contradict each other. Both are asked of one node after another,
  /// those first that have not been heard; the first that does not contradict itself is believed.
  private func secondLook(_ place: SolidPlace, _ ours: [StoredTransaction]) async throws -> SolidEvidence {
    bus.metrics.counter("energy_tx_results_doubted_total").increment()
    let nodes = await reader.nodes.usableNodes()
    for node in nodes.dropFirst() + nodes.prefix(1) {
      do {
        if let evidence = try await evidence(of: node, place, ours) { return evidence }
      } catch let error where error is TronNodeError || error is TransientFailure {
        bus.logger.warning(
          "a node cannot say what a solid block holds", metadata: ["node": "\(node.name)", "error": "\(error)"])
      }
    }
    throw TransientFailure("block \(place.blockID) and its receipts disagree about an order's transaction")
  }

  /// nil where the node contradicts itself.
  private func evidence(
    of node: TronNodeClient, _ place: SolidPlace, _ ours: [StoredTransaction]
  ) async throws -> SolidEvidence? {
    reader.count(.block)
    let block = try await node.block(number: place.number, solid: true)
    guard block.id == place.blockID else { return nil }
    reader.count(.receipts)
    let receipts = try await node.transactionInfos(inBlock: place.number, solid: true)
    try check(receipts, place, block)
    let results = block.results(of: ours.map(\.id))
    let succeeded = Dictionary(receipts.map { ($0.id, $0.succeeded) }) { first, _ in first }
    var evidence = SolidEvidence(place: place, receipts: receipts)
    for transaction in ours {
      switch (results[transaction.id], succeeded[transaction.id]) {
      case (let result?, let succeeded?):
        guard (StoredTransaction.effect(of: result) ?? succeeded) == succeeded else { return nil }
        evidence.results[transaction.id] = result
      case (nil, nil): evidence.absent.insert(transaction.id)
      case (nil, _?), (_?, nil): return nil
      }
    }
    return evidence
  }

  /// A list of receipts names no block id: it must fit the block's number, its time and, where they are known, its
  /// transactions. One of a node that lags or forked is refused.
  private func check(_ receipts: [TransactionInfo], _ place: SolidPlace, _ block: ChainBlock?) throws {
    let isOfBlock =
      receipts.allSatisfy { $0.blockNumber == place.number && $0.blockTimestamp == place.timeMs }
      && (place.transactions.map { $0 == receipts.count } ?? true)
      && (block.map { Set($0.transactions.map(\.id)) == Set(receipts.map(\.id)) } ?? true)
    guard isOfBlock else {
      bus.metrics.counter("energy_tx_receipts_refused_total").increment()
      throw TransientFailure("a node's receipts of block \(place.number) are not those of \(place.blockID)")
    }
  }
}
