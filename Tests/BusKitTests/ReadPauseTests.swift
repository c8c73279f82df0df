import Testing

@testable import BusKit

/// How long a reader waits for more to come.
struct ReadPauseTests {
  /// The pauses after batches that each began so many milliseconds after the one before had ended.
  private func pauses(_ batches: [(after: Int, took: Int, count: Int)]) -> [Duration] {
    var (pause, now) = (ReadPause(batchMax: 100), ContinuousClock.now)
    return batches.map { batch in
      let begin = now + .milliseconds(batch.after)
      now = begin + .milliseconds(batch.took)
      pause.note(batch.count, from: begin, to: now)
      return pause.time
    }
  }

  @Test func smallBatchesThatFollowEachOtherArePausedForHalfOfWhatTheyTake() {
    #expect(pauses([(0, 10, 1), (0, 10, 1), (20, 6, 3)]) == [.zero, .milliseconds(5), .milliseconds(3)])
  }

  @Test func whoeverComesAfterAQuietTimeAndWhoeverIsQuickDoesNotWait() {
    #expect(pauses([(0, 10, 1), (200, 10, 1), (60, 10, 1), (0, 1, 1)]) == [.zero, .zero, .zero, .zero])
    #expect(pauses([(0, 10, 1), (0, 10, 1), (30, 0, 0)]) == [.zero, .milliseconds(5), .zero])
  }

  @Test func thePauseHasALimitAndLargeBatchesHaveNone() {
    #expect(pauses([(0, 10, 1), (0, 500, 24), (0, 500, 25)]) == [.zero, .milliseconds(20), .zero])
  }
}
