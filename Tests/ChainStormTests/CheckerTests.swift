import Contracts
import Foundation
import Testing

/// The checker is shown mistakes before anybody trusts its silence.
struct CheckerTests {
  @Test("a run without mistakes has no findings")
  func clean() {
    let evidence = Evidence()
    #expect(evidence.findings.isEmpty, "\(evidence.findings)")
  }

  @Test("every seeded mistake is found", arguments: SeededMistake.all)
  func found(_ mistake: SeededMistake) {
    var evidence = Evidence()
    mistake.make(&evidence)
    let kinds = Set(evidence.findings.map(\.kind))
    #expect(kinds.contains(mistake.kind), "found only \(evidence.findings)")
  }

  @Test("there is a seeded mistake for every kind of finding")
  func complete() {
    #expect(Set(SeededMistake.all.map(\.kind)) == Set(Finding.Kind.allCases))
  }
}

/// A run of two orders: one was delivered by two legs and taken back, one was refused.
struct Evidence {
  static let wallets = ["W1", "W2"]
  static let startMs: Int64 = 1_800_000_000_000

  var chain = ChainSnapshot(
    movements: [
      .init(txID: "d1", isDelegate: true, from: "W1", to: "R", sun: 100_000_000, block: 10, timeMs: startMs - 100),
      .init(txID: "d2", isDelegate: true, from: "W2", to: "R", sun: 50_000_000, block: 11, timeMs: startMs),
      .init(txID: "r1", isDelegate: false, from: "W1", to: "R", sun: 100_000_000, block: 41, timeMs: startMs + 3_000),
      .init(txID: "r2", isDelegate: false, from: "W2", to: "R", sun: 50_000_000, block: 41, timeMs: startMs + 3_000),
    ],
    supplierTransactions: ["d1", "d2", "r1", "r2"],
    wallets: ["W1": .init(stake: 1_000_000_000, lent: 0), "W2": .init(stake: 1_000_000_000, lent: 0)],
    stakeAtStart: 1_000_000_000, energyLimit: 180_000_000_000, energyWeight: 18_000_000_000)

  var database = DatabaseSnapshot(
    orders: [.init(id: "A", state: "reclaimed"), .init(id: "B", state: "failed", failure: "pool_empty")],
    legs: [
      .init(
        id: "A/1", order: "A", supplier: "W1", receiver: "R", energy: 1_000, stake: 100_000_000, state: "reclaimed"),
      .init(
        id: "A/2", order: "A", supplier: "W2", receiver: "R", energy: 500, stake: 50_000_000, state: "reclaimed"),
      .init(id: "B/1", order: "B", supplier: "W1", receiver: "S", energy: 1_000, stake: 100_000_000, state: "dead"),
    ],
    transactions: [
      .init(id: "d1", order: "A", leg: "A/1", purpose: "delegate", state: "solid"),
      .init(id: "d2", order: "A", leg: "A/2", purpose: "delegate", state: "solid"),
      .init(id: "r1", order: "A", leg: "A/1", purpose: "reclaim", state: "solid"),
      .init(id: "r2", order: "A", leg: "A/2", purpose: "reclaim", state: "solid"),
      .init(id: "x1", order: "B", leg: "B/1", purpose: "delegate", state: "dead"),
    ],
    sendings: [
      .init(txID: "d1", sentAtMs: startMs - 200), .init(txID: "d2", sentAtMs: startMs - 50),
      .init(txID: "r1", sentAtMs: startMs + 2_900), .init(txID: "r2", sentAtMs: startMs + 2_950),
      .init(txID: "x1", sentAtMs: startMs),
    ],
    wallets: [.init(address: "W1", reserved: 0, delegated: 0), .init(address: "W2", reserved: 0, delegated: 0)],
    pendingEffects: [], deadEffects: [], strandedMessages: [])

  var delivered = OrderRecord(id: "A", receiver: "R", energy: 1_500, durationSeconds: 2)
  var refused = OrderRecord(id: "B", receiver: "S", energy: 1_000, durationSeconds: 2)

  init() {
    delivered.news = [
      1: .submitted, 2: .confirmed(startedAtMs: Self.startMs), 3: .final(energy: 1_500),
      4: .reclaimed(txIDs: ["r1", "r2"]),
    ]
    refused.news = [1: .failed(.poolEmpty)]
  }

  var findings: [Finding] {
    Checker(database: database, chain: chain, orders: [delivered, refused]).findings()
  }
}

struct SeededMistake: Sendable, CustomTestStringConvertible {
  let name: String
  let kind: Finding.Kind
  let make: @Sendable (inout Evidence) -> Void

  init(_ name: String, _ kind: Finding.Kind, _ make: @escaping @Sendable (inout Evidence) -> Void) {
    self.name = name
    self.kind = kind
    self.make = make
  }

  var testDescription: String { name }

  static let all: [SeededMistake] = chainMistakes + tableMistakes + newsMistakes

  private static func delegation(_ id: String, to receiver: String = "R", sun: Int64 = 100_000_000)
    -> ChainSnapshot.Movement
  {
    .init(txID: id, isDelegate: true, from: "W1", to: receiver, sun: sun, block: 12, timeMs: Evidence.startMs + 50)
  }

  private static let chainMistakes: [SeededMistake] = [
    SeededMistake("a second transaction delegates the same leg again", .doubleDelegation) {
      $0.chain.movements.append(delegation("d1b"))
      $0.database.transactions.append(.init(id: "d1b", order: "A", leg: "A/1", purpose: "delegate", state: "signed"))
    },
    SeededMistake("a leg is taken back twice", .doubleReclaim) {
      $0.chain.movements.append(
        .init(
          txID: "r1b", isDelegate: false, from: "W1", to: "R", sun: 100_000_000, block: 50,
          timeMs: Evidence.startMs + 4_000))
      $0.database.transactions.append(.init(id: "r1b", order: "A", leg: "A/1", purpose: "reclaim", state: "signed"))
    },
    SeededMistake("a delegation is on chain without a row", .unexplainedTransaction) {
      $0.chain.movements.append(delegation("stranger"))
    },
    SeededMistake("a supplier paid somebody", .unexplainedTransaction) {
      $0.chain.supplierTransactions.append("payment")
    },
    SeededMistake("a delegation on chain has a row, and its leg has none", .unexplainedTransaction) {
      $0.database.legs.removeAll { $0.id == "A/2" }
    },
    SeededMistake("more sun was delegated than the leg says", .anotherMovement) { $0.database.legs[0].stake -= 1 },
    SeededMistake("a transaction that was settled as dead took effect", .deadOnChain) {
      $0.chain.movements.append(delegation("x1", to: "S"))
    },
    SeededMistake("a refused order has a delegation on chain", .halfWay) {
      $0.chain.movements.append(delegation("x1", to: "S"))
    },
    SeededMistake("an order was told final and nothing is on chain", .missingDelegation) {
      $0.chain.movements = []
    },
    SeededMistake("a reclaim was lost", .lostReclaim) { $0.chain.movements.removeAll { $0.txID == "r2" } },
    SeededMistake("a reclaim came a millisecond early", .earlyReclaim) {
      $0.delivered.news[2] = .confirmed(startedAtMs: Evidence.startMs)
      $0.chain.movements[2] = .init(
        txID: "r1", isDelegate: false, from: "W1", to: "R", sun: 100_000_000, block: 30,
        timeMs: Evidence.startMs + 1_999)
    },
    SeededMistake("the customer was told another beginning", .anotherStart) {
      $0.delivered.news[2] = .confirmed(startedAtMs: Evidence.startMs - 100)
    },
    SeededMistake("the sun brings one energy too little", .underDelivered) { $0.chain.energyWeight = 18_012_008_006 },
    SeededMistake("a wallet still lends", .chainStillLends) { $0.chain.wallets["W2"]?.lent = 50_000_000 },
    SeededMistake("a wallet's stake has shrunk", .stakeChanged) { $0.chain.wallets["W1"]?.stake -= 1 },
  ]

  private static let tableMistakes: [SeededMistake] = [
    SeededMistake("a transaction on chain was never announced", .unannounced) {
      $0.database.sendings.removeAll { $0.txID == "d2" }
    },
    SeededMistake("a sending was recorded after its block", .unannounced) {
      $0.database.sendings[0].sentAtMs = Evidence.startMs
    },
    SeededMistake("a leg lies on chain that the chain does not lend", .ledgerDiffers) {
      $0.database.legs[1].state = "solid"
    },
    SeededMistake("the chain lends what no leg does", .ledgerDiffers) {
      $0.chain.lent[.init(from: "W1", to: "R")] = 1
    },
    SeededMistake("a wallet's sum is not the chain's", .ledgerDiffers) { $0.database.wallets[0].delegated = 1 },
    SeededMistake("sun is reserved for ever", .reservedForEver) { $0.database.wallets[0].reserved = 100_000_000 },
    SeededMistake("sun counts as delegated for ever", .delegatedForEver) { $0.database.wallets[1].delegated = 1 },
    SeededMistake("a sending is still to be made", .pendingWork) { $0.database.pendingEffects = ["tx.send of d1"] },
    SeededMistake("a reclaim was given up", .deadWork) { $0.database.deadEffects = ["tx.reclaim of A/1"] },
    SeededMistake("a command is a dead letter", .strandedMessage) {
      $0.database.strandedMessages = ["1 dead letters of tx.commands"]
    },
  ]

  private static let newsMistakes: [SeededMistake] = [
    SeededMistake("an order never got its last news", .noEnd) { $0.delivered.news[4] = nil },
    SeededMistake("an order was told both ends", .twoEnds) { $0.delivered.news[5] = .failed(.deadline) },
    SeededMistake("an order was told failed and the table says reclaimed", .toldOtherwise) {
      $0.database.orders[1].state = "reclaimed"
    },
    SeededMistake("an order was told another reclaim than the chain's", .toldOtherwise) {
      $0.delivered.news[4] = .reclaimed(txIDs: ["r1"])
    },
    SeededMistake("an order that can never be delivered was delivered", .wronglyDelivered) {
      $0.delivered.mustFail = .receiverIsContract
    },
  ]
}
