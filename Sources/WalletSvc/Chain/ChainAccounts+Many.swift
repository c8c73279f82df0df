import BusKit
import Contracts
import Logging
import TronKit

extension ChainAccounts {
  /// Many addresses: one question to Redis and one to Postgres for all of them, and for what has to be read a few
  /// reads at a time.
  /// - Throws: `QueryFailure` with code `too_many_addresses`.
  func accounts(
    _ asked: [TronAddress], store: any ChainStore, logger: Logger, metrics: MetricsRegistry
  ) async throws -> ChainAccountsView {
    var seen: Set<TronAddress> = []
    let addresses = asked.filter { seen.insert($0).inserted }
    guard addresses.count <= GetChainAccounts.addressesMax else {
      throw QueryFailure(
        code: "too_many_addresses",
        message: "\(addresses.count) addresses are asked for; the most is \(GetChainAccounts.addressesMax)")
    }
    let tools = tools(store: store, logger: logger, metrics: metrics)
    var (found, rest) = settled(addresses)
    if !rest.isEmpty {
      let wanted = rest
      let shared = await tools.attempt("read the shared cache", { try await $0.shared(wanted) }) ?? [:]
      for case (let address, .view(let view)) in shared {
        found[address] = view
        keep(view)
      }
      rest = rest.filter { found[$0] == nil }
    }
    if !rest.isEmpty { found.merge(await read(rest, tools)) { first, _ in first } }
    return ChainAccountsView(
      accounts: addresses.compactMap { found[$0] }, unknown: addresses.filter { found[$0] == nil })
  }

  /// What memory knows; an address of which it knows that nobody knows anything is not asked for again.
  private func settled(_ addresses: [TronAddress]) -> ([TronAddress: ChainAccountView], [TronAddress]) {
    let known = fromMemory(addresses)
    var found: [TronAddress: ChainAccountView] = [:]
    for case (let address, .serve(let view)) in known { found[address] = view }
    return (found, addresses.filter { known[$0] == nil })
  }

  private func read(_ addresses: [TronAddress], _ tools: ChainTools) async -> [TronAddress: ChainAccountView] {
    let last = await tools.attempt("read the last values") { try await $0.last(addresses) }
    let deadline = ContinuousClock.now + policy.batchLimit
    return await withTaskGroup(of: (TronAddress, ChainAccountView?).self) { group in
      var waiting = addresses[...]
      var found: [TronAddress: ChainAccountView] = [:]
      func startNext() {
        guard let address = waiting.popFirst() else { return }
        let known = last.map { LastKnown(view: $0[address]) }
        group.addTask { (address, await self.one(address, known, until: deadline, tools)) }
      }
      for _ in 0..<policy.batchWidth { startNext() }
      for await (address, view) in group {
        found[address] = view
        startNext()
      }
      return found
    }
  }

  /// nil: nothing is known of it.
  private func one(
    _ address: TronAddress, _ last: LastKnown?, until deadline: ContinuousClock.Instant, _ tools: ChainTools
  ) async -> ChainAccountView? {
    guard ContinuousClock.now < deadline else { return last?.view?.stale }
    do {
      return try await account(address, last: last, tools)
    } catch {
      // The failure has been told where it happened; here it means that the address is among the unknown.
      tools.logger.debug("an address is unknown", metadata: ["address": "\(address)", "reason": "\(error)"])
      return nil
    }
  }
}
