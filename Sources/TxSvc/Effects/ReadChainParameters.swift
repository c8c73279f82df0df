import BusKit
import Contracts
import Foundation
import TronKit

/// Reads the network's parameters and its energy ratio, and says what has changed.
struct ReadChainParameters: Effect {
  static let kind = "tx.read_chain_parameters"
  var orderKey: String { "chain-parameters" }

  /// The next one is scheduled anyway.
  static let policy = EffectPolicy(attemptsMax: 3, timeout: .seconds(15), deadline: .seconds(300))
  static let interval: Duration = .seconds(300)

  static func run(_ effect: ReadChainParameters, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    // The network's totals stand in every account's resources; those of an address without an account are empty.
    let wallet = try await context.bus.read { session in
      try session.execute("select address from supplier_wallets order by is_enabled desc, address limit 1").rows.first
        .map { try TronAddress(parsing: try $0.string("address")) }
    }
    let bus = context.bus
    let (values, ratio): ([String: Int64], StakeRatio?)
    do {
      (values, ratio) = try await world.nodes.read { node in
        let values = try await node.chainParameters()
        guard let wallet else { return (values, StakeRatio?.none) }
        return (values, try await node.resources(wallet).stakeRatio)
      }
    } catch let error as TronNodeError {
      // The clock starts the next one.
      bus.logger.warning("the chain's parameters cannot be read", metadata: ["error": "\(error)"])
      return .done()
    }
    return effect.outcome(ChainParameters(values, ratio: ratio), ratio, bus, percent: world.jumpPercent)
  }

  private func outcome(_ read: ChainParameters, _ ratio: StakeRatio?, _ bus: Bus, percent: Int64) -> EffectOutcome {
    let needs: [Need] = [
      .row(ChainParametersRow.self, ChainParametersRow.key), .row(ChainRatio.self, ChainRatio.key),
    ]
    return .done(needs: needs) { unit in
      let known = try unit.find(ChainParametersRow.self, ChainParametersRow.key)
      let changes = known.map { read.changes(from: $0.parameters) } ?? []
      let seq = (known?.seq ?? 0) + (changes.isEmpty ? 0 : 1)
      try unit.save(ChainParametersRow(read.filled(from: known?.parameters), readAt: unit.now, seq: seq))
      if let ratio { try unit.save(ChainRatio(ratio, readAt: unit.now)) }
      guard !changes.isEmpty else { return }
      let isJump = ChainParameters.isJump(changes, percent: percent)
      try unit.publish(ChainParametersChanged(changes: changes, isJump: isJump, readAt: unit.now, seq: seq))
      if isJump { Self.warn(changes, bus) }
    }
  }

  /// May be said twice when the transaction is run again; a jump is rare enough.
  private static func warn(_ changes: [ChainParametersChanged.Change], _ bus: Bus) {
    bus.metrics.counter("energy_tx_chain_parameter_jumps_total").increment()
    bus.logger.warning(
      "the chain's parameters have jumped",
      metadata: ["changes": "\(changes.map { "\($0.name) \($0.old) -> \($0.new)" }.joined(separator: ", "))"])
  }
}
