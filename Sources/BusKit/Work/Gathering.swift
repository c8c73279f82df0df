import Synchronization

/// Joins calls that come at the same time into one: what comes while others are being worked on waits, and is then
/// worked on together. Nobody waits for a clock: an idle process works on each item at once, a busy one on many.
///
/// Whoever finds room leads: it works on its own item with all that wait, tells each its answer, and hands the lead to
/// the first that came meanwhile. The work runs in the leader's task: if that is cancelled, so is the work, and what it
/// answers then should tell the others to go their own way.
public final class Gathering<Item: Sendable, Answer: Sendable>: Sendable {
  private enum Turn: Sendable {
    case lead
    case answered(Answer)
  }

  private struct Waiting {
    let item: Item
    let continuation: CheckedContinuation<Turn, Never>
  }

  private struct State {
    var leaders = 0
    var waiting: [Waiting] = []
  }

  private let leadersMax: Int
  private let itemsMax: Int
  private let work: @Sendable ([Item]) async -> @Sendable (Int) -> Answer
  private let state = Mutex(State())

  /// - Parameters:
  ///   - leadersMax: how many calls of `work` run at the same time.
  ///   - itemsMax: items of one call.
  ///   - work: says, once it is done, what the answer to each item is, by its place.
  public init(
    leadersMax: Int, itemsMax: Int, work: @escaping @Sendable ([Item]) async -> @Sendable (Int) -> Answer
  ) {
    self.leadersMax = max(1, leadersMax)
    self.itemsMax = max(1, itemsMax)
    self.work = work
  }

  /// The answer to this item, which may have been found together with others'.
  public func answer(_ item: Item) async -> Answer {
    let turn = await withCheckedContinuation { continuation in
      let leads = state.withLock { state in
        guard state.leaders < leadersMax else {
          state.waiting.append(Waiting(item: item, continuation: continuation))
          return false
        }
        state.leaders += 1
        return true
      }
      if leads { continuation.resume(returning: .lead) }
    }
    switch turn {
    case .lead: return await lead(item)
    case .answered(let answer): return answer
    }
  }

  private func lead(_ own: Item) async -> Answer {
    // A task that was cancelled leads nobody into its end.
    let room = Task.isCancelled ? 0 : itemsMax - 1
    let others = state.withLock { state in
      let others = Array(state.waiting.prefix(room))
      state.waiting.removeFirst(others.count)
      return others
    }
    let answer = await work([own] + others.map(\.item))
    for (place, other) in others.enumerated() { other.continuation.resume(returning: .answered(answer(place + 1))) }
    let next: Waiting? = state.withLock { state in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.leaders -= 1
      return nil
    }
    next?.continuation.resume(returning: .lead)
    return answer(0)
  }
}
