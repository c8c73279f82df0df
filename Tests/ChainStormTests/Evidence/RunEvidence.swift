/// What the checker judges of a run.
struct RunEvidence: Sendable {
  var database: DatabaseSnapshot
  var chain: ChainSnapshot
  var orders: [OrderRecord]

  var findings: [Finding] { Checker(database: database, chain: chain, orders: orders).findings() }
}

extension ChainWorld {
  func evidence(_ orders: [OrderRecord]) async throws -> RunEvidence {
    RunEvidence(database: try await databaseSnapshot(), chain: try await chainSnapshot(), orders: orders)
  }
}

/// A mistake made in the evidence of a run that really took place, at a place that the run's seed decides: a checker
/// that is silent about thousands of rows must still see one that is wrong.
struct PlantedMistake: Sendable {
  let name: String
  let kind: Finding.Kind
  /// Changes what belongs to the movement that it is given.
  let make: @Sendable (inout RunEvidence, ChainSnapshot.Movement) -> Void
  /// Of which movements one is chosen.
  let isDelegate: Bool

  init(
    _ name: String, _ kind: Finding.Kind, delegate isDelegate: Bool,
    _ make: @escaping @Sendable (inout RunEvidence, ChainSnapshot.Movement) -> Void
  ) {
    self.name = name
    self.kind = kind
    self.isDelegate = isDelegate
    self.make = make
  }

  static let all: [PlantedMistake] = [
    PlantedMistake("a double delegation", .doubleDelegation, delegate: true) { evidence, movement in
      guard let row = evidence.database.transactions.first(where: { $0.id == movement.txID }) else { return }
      let second = "second " + row.id
      evidence.database.transactions.append(
        .init(id: second, order: row.order, leg: row.leg, purpose: row.purpose, state: row.state))
      evidence.chain.movements.append(movement.with(txID: second))
    },
    PlantedMistake("a lost reclaim", .lostReclaim, delegate: false) { evidence, movement in
      evidence.chain.movements.removeAll { $0.txID == movement.txID }
    },
    PlantedMistake("an early reclaim", .earlyReclaim, delegate: false) { evidence, movement in
      guard let at = evidence.chain.movements.firstIndex(of: movement),
        let given = evidence.chain.movements.first(where: {
          $0.isDelegate && $0.from == movement.from && $0.to == movement.to
        })
      else { return }
      evidence.chain.movements[at] = movement.with(timeMs: given.timeMs)
    },
    PlantedMistake("a leg without a row", .unexplainedTransaction, delegate: true) { evidence, movement in
      guard let row = evidence.database.transactions.first(where: { $0.id == movement.txID }) else { return }
      evidence.database.legs.removeAll { $0.id == row.leg }
    },
    PlantedMistake("a transaction without a row", .unexplainedTransaction, delegate: true) { evidence, movement in
      evidence.database.transactions.removeAll { $0.id == movement.txID }
    },
    PlantedMistake("a transaction without a sending", .unannounced, delegate: true) { evidence, movement in
      evidence.database.sendings.removeAll { $0.txID == movement.txID }
    },
    PlantedMistake("a dead transaction on chain", .deadOnChain, delegate: true) { evidence, movement in
      for index in evidence.database.transactions.indices
      where evidence.database.transactions[index].id == movement.txID {
        evidence.database.transactions[index].state = "dead"
      }
    },
  ]
}

extension ChainSnapshot.Movement {
  fileprivate func with(txID: String? = nil, timeMs: Int64? = nil) -> Self {
    Self(
      txID: txID ?? self.txID, isDelegate: isDelegate, from: from, to: to, sun: sun, block: block,
      timeMs: timeMs ?? self.timeMs)
  }
}
