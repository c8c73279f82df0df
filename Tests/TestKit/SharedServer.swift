import Synchronization

/// Starts something once, however many tests ask for it at the same moment.
final class SharedServer<Server: Sendable>: Sendable {
  private let start: @Sendable () async throws -> Server
  private let task = Mutex<Task<Server, any Error>?>(nil)

  init(_ start: @escaping @Sendable () async throws -> Server) { self.start = start }

  func get() async throws -> Server {
    let running = task.withLock { task in
      if let task { return task }
      let started = Task { try await start() }
      task = started
      return started
    }
    return try await running.value
  }
}
