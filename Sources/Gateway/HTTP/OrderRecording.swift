import BusKit
import Contracts
import Foundation
import Postgres
import Synchronization
import TronKit

/// Records an order: its idempotency row and its command, in one transaction, until it is known what came of it. Orders
/// that come at the same time share it.
///
/// When the connection is lost while the commit is on its way, nobody knows whether it took effect. The same
/// transaction is run again: it finds its own row if a commit before it did, and waits for one that is still under way,
/// so it can never order twice, and the first answer settles all of them.
struct OrderRecording: Sendable {
  /// What was not committed for certain is tried so often: the next connection may be there at once.
  private static let lossesMax = 3
  private static let backoff = Backoff(first: .milliseconds(200), most: .seconds(1))

  let bus: Bus
  let limits: RestLimits

  /// - Parameter arrived: when the request came; its patience counts from there.
  /// - Returns: the row that stands: this one, or the one that another request with this key wrote first.
  /// - Throws: `Problem` 503: `unavailable` when nothing was recorded for certain, `outcome_unknown` when that could
  ///   not be found out in time.
  func record(
    _ row: RestOrderRow, priceMax: Sun?, arrived: ContinuousClock.Instant
  ) async throws(Problem) -> RestOrderRow {
    let deadline = arrived + limits.recordWait
    var isUnknown = false
    var attempt = 0
    while true {
      attempt += 1
      let gate = CommitGate()
      do {
        return try await waiting(atMost: max(.milliseconds(100), deadline - .now)) {
          try await write(row, priceMax: priceMax, gate)
        }
      } catch {
        // What has not begun by now never will; what has begun may commit without anybody listening.
        let goesOn = error is Overdue && gate.close()
        if goesOn || (error as? PostgresError)?.code == .commitUnknown { isUnknown = true }
        let isLost = (error as? PostgresError)?.isConnectionLoss == true && attempt < Self.lossesMax
        guard isUnknown || isLost, await pause(attempt, until: deadline) else {
          throw failure(row, isUnknown: isUnknown, error)
        }
      }
    }
  }

  /// False: there is no time for another attempt, or nobody waits for it.
  private func pause(_ attempt: Int, until deadline: ContinuousClock.Instant) async -> Bool {
    let pause = Self.backoff.delay(attempt: attempt, random: .random(in: 0..<1))
    guard ContinuousClock.now + pause < deadline else { return false }
    do { try await Task.sleep(for: pause) } catch { return false }
    return true
  }

  private func failure(_ row: RestOrderRow, isUnknown: Bool, _ error: any Error) -> Problem {
    guard isUnknown else {
      bus.logger.warning("an order was not recorded", metadata: ["error": "\(error)"])
      return .ordersAway
    }
    bus.metrics.counter("energy_gateway_outcome_unknown_total").increment()
    bus.logger.error(
      "it is unknown whether an order was recorded", metadata: ["order": "\(row.orderId)", "error": "\(error)"])
    return .outcomeUnknown(
      "It is not known whether the order was recorded; send the same request with the same Idempotency-Key.")
  }

  private func write(_ row: RestOrderRow, priceMax: Sun?, _ gate: CommitGate) async throws -> RestOrderRow {
    let order = OrderID(text: row.orderId)
    let needs = [Need.row(RestOrderRow.self, row.id)]
    return try await bus.groupedTransaction("orders", needs: needs, correlation: row.orderId) { [bus] unit in
      // Nobody reads what is returned then; what shares the transaction goes on.
      guard gate.pass() else { return row }
      if let existing = try unit.find(RestOrderRow.self, row.id) { return existing }
      var row = row
      row.createdAt = unit.now
      try unit.save(row)
      try unit.publish(
        PlaceOrder(
          order: order, customer: row.customer, origin: .rest, receiver: row.receiver, energy: row.energy,
          durationSeconds: row.durationSeconds, priceMax: priceMax),
        timeToLive: PlaceOrder.timeToLive, replyTo: bus.process, correlation: row.orderId)
      return row
    }
  }
}

/// Tells a transaction that was given up before it wrote anything from one that may still commit.
private final class CommitGate: Sendable {
  private enum State { case unused, passed, closed }
  private let state = Mutex(State.unused)

  /// False when it is closed: then nothing may be written.
  func pass() -> Bool {
    state.withLock { state in
      guard state != .closed else { return false }
      state = .passed
      return true
    }
  }

  /// Nobody passes from now on. True: somebody has.
  func close() -> Bool {
    state.withLock { state in
      if state == .unused { state = .closed }
      return state == .passed
    }
  }
}
