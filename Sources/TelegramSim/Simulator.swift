import Foundation
import ServiceLifecycle
import Synchronization

/// The `World` shared by all requests: one lock around the value, the log behind it, and a bell that wakes
/// whoever waits for the change.
final class Simulator: Sendable {
  private struct Guarded {
    var world: World
    var log: EventLog?
  }

  private let guarded: Mutex<Guarded>
  let bell = Bell()

  /// - Parameter folder: where the state is kept; nil keeps it in memory only.
  init(folder: URL?) throws {
    let (log, state) = try folder.map { try EventLog.open(in: $0) } ?? (nil, WorldState())
    guarded = Mutex(Guarded(world: World(state: state), log: log))
  }

  /// Unix seconds.
  static var now: Double { Date().timeIntervalSince1970 }

  /// Runs `body` on the world, writes what it recorded to the log before anyone sees it, and wakes those who wait for
  /// it. What was recorded before `body` threw is kept.
  /// - Parameter ringing: where somebody must notice what is not part of the lasting state.
  func with<Result: Sendable>(
    ringing places: Set<Bell.Place> = [], _ body: (inout World) throws -> Result
  ) throws -> Result {
    var places = places
    defer { if !places.isEmpty { bell.ring(places) } }
    return try guarded.withLock { guarded in
      let outcome = Swift.Result { try body(&guarded.world) }
      let unsaved = guarded.world.takeUnsaved()
      for event in unsaved { places.formUnion(event.places) }
      try guarded.log?.append(unsaved, state: guarded.world.state)
      return try outcome.get()
    }
  }

  /// One call of a bot: faults, the method itself, the journal.
  func call(bot: Int, method name: String, _ parameters: Parameters) async throws -> BotMethods.Answer {
    let key = name.lowercased()
    do {
      let fault = try with { world in
        try world.meet(bot: bot)
        return world.takeFault(for: key)
      }
      if let fault, !fault.applied { throw fault.error }
      let answer =
        if key == "getupdates" {
          try await getUpdates(bot, parameters)
        } else {
          try run(key, BotMethods.Call(bot: bot, parameters: parameters, now: Self.now))
        }
      if let fault { throw fault.error }
      try journal(bot, name, parameters, nil)
      return answer
    } catch let failure as BotAPIError {
      try journal(bot, name, parameters, failure)
      throw failure
    }
  }

  private func run(_ key: String, _ call: BotMethods.Call) throws -> BotMethods.Answer {
    guard let method = BotMethods.all[key] else { throw BotAPIError.methodNotFound }
    return try with { try method(&$0, call) }
  }

  private func journal(_ bot: Int, _ method: String, _ parameters: Parameters, _ failure: BotAPIError?) throws {
    try with { world in
      world.calls.add(bot: bot, method: method, parameters: parameters.listed, failure: failure, now: Self.now)
    }
  }

  private func getUpdates(_ bot: Int, _ parameters: Parameters) async throws -> BotMethods.Answer {
    let allowed = try parameters.words("allowed_updates")
    do {
      let poll = try with(ringing: [.bot(bot)]) { world in
        try world.beginPoll(
          bot: bot, offset: parameters.int("offset") ?? 0, limit: parameters.int("limit") ?? Limits.pollUpdates,
          timeout: parameters.int("timeout") ?? 0, allowed: allowed, now: Self.now)
      }
      let updates = try await bell.wait(at: .bot(bot), until: poll.deadline) {
        try self.with { try $0.check(poll, now: Self.now) }
      }
      return BotMethods.Answer(.array((updates ?? []).map(\.json)))
    } catch let conflict as BotAPIError where conflict.code == 409 {
      let delay = try with { $0.conflictDelay(bot: bot, now: Self.now) }
      if delay > 0 { try await cancelWhenGracefulShutdown { try await Task.sleep(for: .seconds(delay)) } }
      throw conflict
    }
  }
}
