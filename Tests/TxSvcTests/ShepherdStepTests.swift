import Testing
import TronKit

@testable import TxSvc

struct ShepherdStepTests {
  /// Each to a node of its own, "0" and up.
  private static func sendings(_ outcomes: [SendingOutcome?]) -> [Sending] {
    outcomes.enumerated().map { index, outcome in
      Sending(
        id: "\(index)", txID: SignedTransaction(rawBytes: [1], signatures: []).id, orderID: Samples.order,
        node: "\(index)", sentAt: Samples.now, outcome: outcome)
    }
  }

  private func step(
    _ outcomes: [SendingOutcome?], judges: Set<String> = ["0"], state: StoredTransaction.State = .signed,
    head: Int64 = 10_000, solid: Int64 = 0, since: Duration?
  ) -> ShepherdStep {
    .next(
      state: state, sendings: Self.sendings(outcomes), judges: judges, expirationMs: 60_000, headTimeMs: head,
      solidTimeMs: solid, sinceLastSending: since)
  }

  @Test("what is in a block or dead is left alone", arguments: [StoredTransaction.State.inBlock, .solid, .dead])
  func finished(state: StoredTransaction.State) {
    #expect(step([], state: state, since: nil) == .finished)
    #expect(step([.rejected], state: state, solid: 70_000, since: .seconds(1)) == .finished)
  }

  @Test("stored bytes are sent at once")
  func first() { #expect(step([], since: nil) == .send) }

  @Test(
    "every answer that may mean \"I have it\" forbids to bury",
    arguments: [
      [nil], [.unknown], [.accepted], [.rejected, nil], [.rejected, .unknown], [.rejected, .accepted],
    ] as [[SendingOutcome?]])
  func mayHaveIt(outcomes: [SendingOutcome?]) {
    for since in [Duration.zero, .seconds(1), .seconds(100)] {
      for head: Int64 in [10_000, 59_999, 60_000, 90_000] {
        #expect(step(outcomes, head: head, solid: 60_000, since: since) != .bury)
      }
    }
  }

  @Test(
    "refused for good by every node that got it: buried",
    arguments: [[.rejected], [.rejected, .rejected]] as [[SendingOutcome?]])
  func bury(outcomes: [SendingOutcome?]) { #expect(step(outcomes, since: .zero) == .bury) }

  @Test("what one node refused goes at once to another that can judge it, and is buried when there is none")
  func doubted() {
    #expect(step([.rejected], judges: ["0", "1"], since: .zero) == .send)
    #expect(step([.rejected], judges: ["1"], since: .zero) == .send)
    #expect(step([.rejected], judges: ["0"], since: .zero) == .bury)
    #expect(step([.rejected], judges: [], since: .zero) == .bury)
    #expect(step([.rejected, .rejected], judges: ["0", "1", "2"], since: .zero) == .bury)
    #expect(step([.rejected], judges: ["0", "1"], head: 60_000, since: .zero) == .wait(.seconds(1)))
    #expect(step([.rejected], judges: ["0", "1"], head: 90_000, solid: 60_001, since: .zero) == .settleExpired)
  }

  @Test("an unknown outcome goes to the next node within half a second, an accepted one waits for its block")
  func pauses() {
    #expect(step([.unknown], since: .milliseconds(100)) == .wait(.milliseconds(300)))
    #expect(step([.unknown], since: .milliseconds(400)) == .send)
    #expect(step([.unknown, .accepted], since: .seconds(1)) == .wait(.seconds(8)))
    #expect(step([.accepted], since: .seconds(9)) == .send)
  }

  @Test("after the expiration nothing is sent, and only a solid block that is later settles it")
  func expiry() {
    #expect(step([.unknown], head: 60_000, solid: 59_000, since: .seconds(50)) == .wait(.seconds(1)))
    #expect(step([.unknown], head: 70_000, solid: 60_000, since: .seconds(50)) == .wait(.seconds(1)))
    #expect(step([.unknown], head: 90_000, solid: 60_001, since: .seconds(50)) == .settleExpired)
    #expect(step([], head: 90_000, solid: 60_001, since: nil) == .settleExpired)
  }

  @Test(
    "while no node can tell what became of an expired one they are asked ever more rarely",
    arguments: [(60_001, 2_000), (80_000, 2_000), (160_000, 10_000), (660_000, 60_000), (90_000_000, 60_000)]
      as [(Int64, Int64)])
  func searchAgain(solidTimeMs: Int64, pauseMs: Int64) {
    let pause = ShepherdStep.searchAgainAfter(expirationMs: 60_000, solidTimeMs: solidTimeMs)
    #expect(pause == .milliseconds(pauseMs))
  }

  @Test(
    "each broadcast code is read as what it proves",
    arguments: [
      ("SIGERROR", SendingOutcome.rejected), ("CONTRACT_VALIDATE_ERROR", .rejected), ("CONTRACT_EXE_ERROR", .rejected),
      ("BANDWITH_ERROR", .rejected), ("TAPOS_ERROR", .rejected), ("TOO_BIG_TRANSACTION_ERROR", .rejected),
      ("TRANSACTION_EXPIRATION_ERROR", .rejected), ("DUP_TRANSACTION_ERROR", .unknown), ("SERVER_BUSY", .unknown),
      ("NO_CONNECTION", .unknown), ("NOT_ENOUGH_EFFECTIVE_CONNECTION", .unknown), ("BLOCK_UNSOLIDIFIED", .unknown),
      ("OTHER_ERROR", .unknown), ("SOMETHING_NEW", .unknown),
    ])
  func codes(code: String, outcome: SendingOutcome) {
    #expect(SendTransaction.reading(.rejected(code: BroadcastCode(rawValue: code), message: "")).0 == outcome)
  }

  @Test("silence proves nothing, success only that it is pooled")
  func otherAnswers() {
    #expect(SendTransaction.reading(.unknown(reason: "timeout")).0 == .unknown)
    #expect(SendTransaction.reading(.accepted).0 == .accepted)
  }
}
