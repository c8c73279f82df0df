import BenchKit
import BusKit
import Foundation
import Synchronization

/// The child's side of `Child`.
struct Parent: Sendable {
  fileprivate let lines = Lines(STDIN_FILENO)

  func say(_ text: String) { FileHandle.standardOutput.write(Data("\(text)\n".utf8)) }

  /// Runs a service until the parent lets go of it.
  /// - Parameter work: runs once the service is up and the parent has said to begin.
  func run(_ service: Service, _ options: Options, work: @escaping @Sendable (Bus) async throws -> Void) async throws {
    var service = service
    let (begun, begin) = AsyncStream<Void>.makeStream()
    service.background("bench") { bus in
      say("ready")
      for await _ in begun { break }
      try await work(bus)
      // A background that returns would be started again.
      try await Task.sleep(for: .seconds(3600))
    }
    let runtime = ServiceRuntime(service, try options.service(service))
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await runtime.run() }
      group.addTask {
        while await lines.next() != nil { begin.yield() }
        runtime.stop()
      }
      try await group.waitForAll()
    }
  }
}

extension Parent {
  /// Runs a consumer until the parent lets go of it.
  /// - Parameter work: runs once the consumer is up and the parent has said to begin.
  func run(
    _ consumer: Consumer, _ options: Options, work: @escaping @Sendable (BusClient) async throws -> Void
  ) async throws {
    let (begun, begin) = AsyncStream<Void>.makeStream()
    try await options.client().run { client in
      let runtime = client.runtime(of: consumer)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await runtime.run() }
        group.addTask {
          while await lines.next() != nil { begin.yield() }
          runtime.stop()
        }
        group.addTask {
          say("ready")
          for await _ in begun { break }
          try await work(client)
        }
        try await group.waitForAll()
      }
    }
  }
}

/// What a handler notes as it runs, on whatever thread.
final class Notes<Note: Sendable>: Sendable {
  private let state = Mutex<[Note]>([])
  private let wanted: Int

  init(wanted: Int) { self.wanted = wanted }

  func add(_ note: Note) { state.withLock { $0.append(note) } }

  /// Waits until as many are there as are wanted.
  func all() async throws -> [Note] {
    while state.withLock({ $0.count }) < wanted { try await Task.sleep(for: .milliseconds(1)) }
    return state.withLock { $0 }
  }
}
