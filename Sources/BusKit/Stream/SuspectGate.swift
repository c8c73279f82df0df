import Synchronization

/// Lets batches run beside one another, and a suspect only alone: a message that has been delivered before may be what
/// killed the process that had it.
///
/// Whoever wants to be alone waits for those inside and keeps newcomers out. Batches and suspects that wait take turns:
/// after batches comes a suspect, after a suspect come the batches, so that neither kind starves the other.
final class SuspectGate: Sendable {
  private struct State {
    var inside = 0
    var isAlone = false
    var batches: [CheckedContinuation<Void, Never>] = []
    var suspects: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

  /// How many wait to be let in.
  var waiting: (batches: Int, suspects: Int) { state.withLock { ($0.batches.count, $0.suspects.count) } }

  func withBatch<T>(_ body: () async throws -> T) async rethrows -> T {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.isAlone || !state.suspects.isEmpty {
          state.batches.append(continuation)
          return false
        }
        state.inside += 1
        return true
      }
      if isFree { continuation.resume() }
    }
    defer { batchLeaves() }
    return try await body()
  }

  func withSuspect<T>(_ body: () async throws -> T) async rethrows -> T {
    await withCheckedContinuation { continuation in
      let isFree = state.withLock { state in
        if state.isAlone || state.inside > 0 {
          state.suspects.append(continuation)
          return false
        }
        state.isAlone = true
        return true
      }
      if isFree { continuation.resume() }
    }
    defer { suspectLeaves() }
    return try await body()
  }

  private func batchLeaves() {
    let next: CheckedContinuation<Void, Never>? = state.withLock { state in
      state.inside -= 1
      // Batches wait only behind a suspect: whenever none waits, none of them does.
      guard state.inside == 0, !state.suspects.isEmpty else { return nil }
      state.isAlone = true
      return state.suspects.removeFirst()
    }
    next?.resume()
  }

  private func suspectLeaves() {
    let next: [CheckedContinuation<Void, Never>] = state.withLock { state in
      state.isAlone = false
      if !state.batches.isEmpty {
        defer { state.batches = [] }
        state.inside += state.batches.count
        return state.batches
      }
      guard !state.suspects.isEmpty else { return [] }
      state.isAlone = true
      return [state.suspects.removeFirst()]
    }
    for continuation in next { continuation.resume() }
  }
}
