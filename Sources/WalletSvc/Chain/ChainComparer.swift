import BusKit
import Contracts
import Foundation
import Logging
import Synchronization
import TronKit

/// Asks both APIs for the same address now and then, beside the answers: nobody waits for it. Indexes lag the chain by
/// seconds, so that a difference counts only when it is still there after a while and neither has moved. From then on
/// the first API alone is believed about the address, by all replicas, until the two agree again: what is shown does
/// not jump between them. Where they differ on the activation, the one that has seen it is.
final class ChainComparer: Sendable {
  /// Addresses that wait to be compared. Beyond it new ones are left out: this is a sample.
  static let waitingMax = 32
  /// Compared at the same time.
  static let width = 4

  private struct State {
    var waiting: [TronAddress] = []
    var sinceLast = 0
  }

  private let reader: ChainReader
  private let policy: ChainCachePolicy
  private let state = Mutex(State())

  init(reader: ChainReader, policy: ChainCachePolicy) {
    self.reader = reader
    self.policy = policy
  }

  /// Every `compareEvery`-th answer is compared, what the fallback said when it is news, and what is disputed.
  func consider(_ answer: ChainReader.Answer, last: ChainAccountView?, isDisputed: Bool) {
    guard reader.sources.count > 1 else { return }
    let isNews =
      answer.source > 0
      && last.map { $0.trx != answer.reading.trx || $0.usdt != answer.reading.usdt } ?? false
    state.withLock { state in
      state.sinceLast += 1
      guard isNews || isDisputed || state.sinceLast >= policy.compareEvery else { return }
      state.sinceLast = 0
      if state.waiting.count < Self.waitingMax, !state.waiting.contains(answer.reading.address) {
        state.waiting.append(answer.reading.address)
      }
    }
  }

  /// Compares what waits, again and again, until the task is cancelled.
  func run(_ tools: ChainTools) async throws {
    while true {
      try await Task.sleep(for: .seconds(1))
      try await compareWaiting(tools)
      reader.report(tools.metrics)
    }
  }

  func compareWaiting(_ tools: ChainTools) async throws {
    let addresses = state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    guard !addresses.isEmpty else { return }
    let before = await readings(of: addresses, tools)
    var differing: [TronAddress] = []
    for address in addresses {
      guard let pair = before[address] else {
        count("unanswered", tools)
        continue
      }
      if ChainComparison.differences(pair.0, pair.1).isEmpty {
        await settle(address, tools)
      } else {
        differing.append(address)
      }
    }
    guard !differing.isEmpty else { return }
    try await Task.sleep(for: policy.compareAgainAfter)
    let after = await readings(of: differing, tools)
    for address in differing {
      guard let first = before[address], let second = after[address] else {
        count("unanswered", tools)
        continue
      }
      await conclude(address, before: first, after: second, tools)
    }
  }

  private typealias Pair = (ChainReading, ChainReading)

  private func conclude(_ address: TronAddress, before: Pair, after: Pair, _ tools: ChainTools) async {
    switch ChainComparison.verdict(before: before, after: after) {
    case .agree: await settle(address, tools)
    case .late: count("late", tools)
    case .dispute:
      count("dispute", tools)
      let fields = ChainComparison.differences(after.0, after.1)
      tools.logger.warning(
        "the chain's APIs differ",
        metadata: [
          "address": "\(address)", "fields": "\(fields.joined(separator: ","))",
          "\(reader.sources[0].name)": "\(Self.text(after.0))", "\(reader.sources[1].name)": "\(Self.text(after.1))",
        ])
      if after.0.isActivated == after.1.isActivated {
        await tools.attempt("note a dispute") { [policy] in try await $0.dispute(address, for: policy.dispute) }
      } else {
        // An activation cannot be undone, so that whoever has seen it is right. Once it is known, `ChainReader`
        // believes nobody alone who denies it.
        let seen = after.0.isActivated ? after.0 : after.1
        await tools.attempt("keep an activation") { try await $0.keep(seen.view(asOf: Date())) }
      }
    }
  }

  private func settle(_ address: TronAddress, _ tools: ChainTools) async {
    count("agree", tools)
    await tools.attempt("end a dispute") { try await $0.dispute(address, for: nil) }
  }

  private static func text(_ reading: ChainReading) -> String {
    "\(reading.trx.value) sun, \(reading.usdt) micro-USDT, activated \(reading.isActivated), "
      + "contract \(reading.isContract)"
  }

  /// What the first two APIs say; nothing for an address about which one of them says nothing.
  private func readings(of addresses: [TronAddress], _ tools: ChainTools) async -> [TronAddress: Pair] {
    await withTaskGroup(of: (TronAddress, ChainReading?, ChainReading?).self) { group in
      var waiting = addresses[...]
      var found: [TronAddress: Pair] = [:]
      func startNext() {
        guard let address = waiting.popFirst() else { return }
        group.addTask { [reader] in
          async let first = reader.readAgain(0, address, tools)
          async let second = reader.readAgain(1, address, tools)
          return (address, await first, await second)
        }
      }
      for _ in 0..<Self.width { startNext() }
      for await (address, first, second) in group {
        if let first, let second { found[address] = (first, second) }
        startNext()
      }
      return found
    }
  }

  private func count(_ outcome: String, _ tools: ChainTools) {
    tools.metrics.counter("energy_wallet_chain_comparisons_total", labels: [("outcome", outcome)]).increment()
  }
}
