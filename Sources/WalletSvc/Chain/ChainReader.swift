import BusKit
import Contracts
import Foundation
import Synchronization
import TronKit

/// Asks the chain's APIs: the first one, and the others when it fails or takes too long. Those that keep failing, and
/// those that asked for it, are left alone.
final class ChainReader: Sendable {
  let sources: [any ChainSource]
  private let policy: ChainCachePolicy
  private let supply: ChainSupply
  private let health: Mutex<[SourceHealth]>
  private let start = ContinuousClock.now

  /// - Parameter sources: in the order in which they are asked; the first is believed where they differ.
  init(sources: [any ChainSource], policy: ChainCachePolicy, supply: ChainSupply) {
    self.sources = sources
    self.policy = policy
    self.supply = supply
    health = Mutex(Array(repeating: SourceHealth(), count: sources.count))
  }

  /// What was believed, and of which source.
  struct Answer: Sendable {
    let reading: ChainReading
    let source: Int
  }

  private var now: Duration { ContinuousClock.now - start }

  /// - Parameters:
  ///   - last: the last value known. What takes an activation back is believed only if every API says it.
  ///   - isDisputed: only the first API is believed. It cannot take an activation back alone.
  /// - Throws: `HedgedReadFailure` with what each said, when none gave an answer to believe.
  func read(
    _ address: TronAddress, last: ChainAccountView?, isDisputed: Bool, _ tools: ChainTools
  ) async throws -> Answer {
    let denials = Denials()
    let asked = isDisputed ? sources.indices.prefix(1) : sources.indices.prefix(sources.count)
    let attempts = asked.map { index in
      { @Sendable () async throws -> Answer in
        let reading = try await self.ask(index, address, tools)
        guard !ChainComparison.denies(reading, last) else {
          denials.note(reading, of: index)
          self.count(index, "denied", tools)
          throw ChainReadFailure("\(self.sources[index].name): it says that \(address) is not activated, which it was")
        }
        return Answer(reading: reading, source: index)
      }
    }
    do {
      return try await HedgedRead.first(of: attempts, hedgeAfter: policy.hedgeAfter, limit: policy.readLimit)
    } catch let failure as HedgedReadFailure {
      // A block with the activation in it was reverted: rare, but then they all say so.
      guard let reading = denials.first(ifAll: sources.count) else { throw failure }
      return Answer(reading: reading, source: asked.startIndex)
    }
  }

  /// Of one API, for comparison; nil when it gave no answer to believe.
  func readAgain(_ index: Int, _ address: TronAddress, _ tools: ChainTools) async -> ChainReading? {
    do {
      return try await ask(index, address, tools, isAgain: true)
    } catch {
      tools.logger.debug("no second reading", metadata: ["address": "\(address)", "reason": "\(error)"])
      return nil
    }
  }

  private func ask(
    _ index: Int, _ address: TronAddress, _ tools: ChainTools, isAgain: Bool = false
  ) async throws -> ChainReading {
    let source = sources[index]
    if let pause = health.withLock({ $0[index].begin(now: now) }) {
      count(index, "paused", tools)
      throw ChainReadFailure("\(source.name): left alone for another \(pause)")
    }
    let began = now
    let reading: ChainReading
    do {
      reading = try await isAgain ? source.readAgain(address) : source.read(address)
    } catch let error as TronNodeError {
      if Self.isOutage(error) { health.withLock { $0[index].failed(now: now, retryAfter: error.retryAfter) } }
      count(index, error.code == .rateLimited || error.code == .overBudget ? error.code.rawValue : "failed", tools)
      throw ChainReadFailure("\(source.name): \(error)")
    } catch let error as CancellationError {
      // Another was faster.
      if now - began >= policy.hedgeAfter {
        health.withLock { $0[index].wasSlow(address, since: began, now: now) }
        count(index, "slow", tools)
      }
      throw error
    } catch {
      health.withLock { $0[index].failed(now: now) }
      count(index, "failed", tools)
      throw ChainReadFailure("\(source.name): \(error)")
    }
    if let absurdity = reading.absurdity(asked: address, supply: supply) {
      count(index, "refused", tools)
      throw ChainReadFailure("\(source.name): its answer is refused, \(absurdity)")
    }
    health.withLock { $0[index].succeeded(now: now) }
    count(index, "answered", tools)
    return reading
  }

  /// Whether the error says that the API is not well. An answer that cannot be believed does not: it may be odd for one
  /// address only, and whoever asks for that again and again must not silence the API for everybody.
  private static func isOutage(_ error: TronNodeError) -> Bool {
    switch error.code {
    case .unreachable, .timeout, .rateLimited, .refused: true
    case .invalid, .unsupported, .overBudget, .malformed, .notFound, .noNode: false
    }
  }

  private func count(_ index: Int, _ outcome: String, _ tools: ChainTools) {
    tools.metrics.counter(
      "energy_wallet_chain_reads_total", labels: [("source", sources[index].name), ("outcome", outcome)]
    ).increment()
  }

  /// What the sources have said and was not believed.
  private final class Denials: Sendable {
    private let readings = Mutex<[Int: ChainReading]>([:])

    func note(_ reading: ChainReading, of index: Int) { readings.withLock { $0[index] = reading } }

    func first(ifAll count: Int) -> ChainReading? {
      readings.withLock { readings in
        readings.count == count ? readings.min { $0.key < $1.key }?.value : nil
      }
    }
  }
}

extension ChainReader {
  /// Whether each API is left alone at the moment, and what is left of its budget.
  func report(_ metrics: MetricsRegistry) {
    let paused = health.withLock { health in health.map { $0.isPaused(now: now) } }
    for (source, isPaused) in zip(sources, paused) {
      let label = [("source", source.name)]
      metrics.gauge("energy_wallet_chain_source_paused", labels: label).set(isPaused ? 1 : 0)
      guard let budget = source.budget else { continue }
      metrics.gauge("energy_wallet_chain_requests_left", labels: label).set(Double(budget.requests))
      if let day = budget.day {
        metrics.gauge("energy_wallet_chain_requests_left_today", labels: label).set(Double(day))
      }
    }
  }
}

struct ChainReadFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
