import Synchronization

/// Lets batches run beside one another, and a suspect only alone: a message that has been delivered before may be what
/// killed the process that had it.
///
/// Whoever wants to be alone waits for those inside and keeps newcomers out.
final class SuspectGate: Sendable {
  private struct State {
    var inside = 0
    var isAlone = false
    var batches: [CheckedContinuation<Void, Never>] = []
    var suspects: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())

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
    defer { leave { $0.inside -= 1 } }
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
    defer { leave { $0.isAlone = false } }
    return try await body()
  }

  private func leave(_ change: (inout State) -> Void) {
    let next: [CheckedContinuation<Void, Never>] = state.withLock { state in
      change(&state)
      guard !state.isAlone, state.inside == 0 || state.suspects.isEmpty else { return [] }
      // Batches that waited go first: a row of suspects must not starve them.
      if !state.batches.isEmpty {
        defer { state.batches = [] }
        state.inside += state.batches.count
        return state.batches
      }
      guard state.inside == 0, !state.suspects.isEmpty else { return [] }
      state.isAlone = true
      return [state.suspects.removeFirst()]
    }
    for continuation in next { continuation.resume() }
  }
}
