import BusKit
import Contracts
import Foundation
import Postgres
import TronKit

/// Goes on with one task: a few blocks, then others have their turn. Following comes first: where the day's calls are
/// short, it waits.
struct ChainTaskStep: Effect {
  static let kind = "tx.chain_task"
  let task: String
  /// One after another, whatever their number: they share one budget.
  var orderKey: String { "chain task" }

  /// For ever: an operator sees in the status that it does not move.
  static let policy = EffectPolicy(
    attemptsMax: nil, timeout: .seconds(60), backoff: Backoff(first: .seconds(2), most: .seconds(300)), concurrency: 1)
  static let pause: Duration = .seconds(2)
  /// A block is two calls.
  private static let blocksPerStep = 5
  /// Blocks that nodes do not give are asked for so often. Then those that every node lacks are passed over; while one
  /// that may have them cannot be asked, the others of the order key have their turn.
  private static let attemptsMax = 10
  /// Between so many tries and the next ones.
  private static let outagePause: Duration = .seconds(300)

  /// What a step begins with.
  struct Ground: Sendable {
    let task: ChainTask
    let scan: ScanCursor
    let budget: CallBudget
    let now: Date

    static func read(_ id: String, _ session: PostgresSession) throws -> Ground? {
      let task = try session.execute("select * from chain_tasks where id = $1", [.text(id)]).decoded(ChainTask.self)
      let cursor = try BlockCursor.read(session)
      let now = try session.now()
      guard let task = task.first, let cursor, let scan = try ScanCursor.read(session) else { return nil }
      let day = try session.execute("select * from chain_calls where id = $1", [.text(ChainCallDay.key(now))])
        .decoded(ChainCallDay.self).first
      let sinceMidnight = now.chainMilliseconds % CallBudget.dayMs
      return Ground(
        task: task, scan: scan,
        budget: CallBudget(
          used: day?.total ?? 0, msLeft: CallBudget.dayMs - sinceMidnight, intervalMs: cursor.intervalMs,
          isWatching: scan.watched > 0), now: now)
    }
  }

  static func run(_ effect: ChainTaskStep, _ context: EffectContext, _ world: TxEnvironment) async throws
    -> EffectOutcome
  {
    let bus = context.bus
    let reader = ChainReader(world.nodes, bus.metrics)
    let mayPass = context.attempt > attemptsMax
    var count = 0
    while let ground = try await bus.read({ try Ground.read(effect.task, $0) }), ground.task.finishedAt == nil {
      guard count < blocksPerStep else { return .again(after: pause) }
      guard ground.budget.spare >= Int64(2 * blocksPerStep) else { return .again(after: .seconds(60)) }
      count += 1
      do {
        switch ground.task.kind {
        case .rescan:
          let rescan = BlockRescan(world: world, bus: bus, reader: reader)
          try await rescan.run(ground, block: ground.task.next, mayPass: mayPass)
          // The attempts were this block's: the next one has its own.
          if context.attempt > 1 { return .again(after: pause) }
        case .compare:
          let comparison = RecordComparison(world: world, bus: bus, reader: reader)
          try await comparison.run(ground, mayPass: mayPass)
          return .again(after: pause)
        }
      } catch {
        await effect.countFailed(reader, ground.now, bus)
        guard mayPass, error is TronNodeError || error is TransientFailure else { throw error }
        bus.logger.warning(
          "blocks wait for nodes that may have them and cannot be asked",
          metadata: ["task": "\(effect.task)", "block": "\(ground.task.next)", "error": "\(error)"])
        return .again(after: outagePause)
      }
    }
    return .done()
  }

  /// A call that failed was a call all the same. That it cannot be written down must not hide what has failed.
  private func countFailed(_ reader: ChainReader, _ now: Date, _ bus: Bus) async {
    do {
      try await reader.write(at: now, bus) { _ in }
    } catch {
      bus.logger.warning(
        "calls to the nodes were not counted", metadata: ["task": "\(task)", "error": "\(error)"])
    }
  }
}
