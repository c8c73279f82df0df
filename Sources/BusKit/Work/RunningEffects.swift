import Foundation

/// The effects that a process runs, and whether it is worth asking for more.
struct RunningEffects {
  private struct Run {
    let token: UUID
    let kind: String
  }

  private var runs: [UUID: Run] = [:]
  private var counts: [String: Int] = [:]
  /// Kinds of which more may be waiting: the last take brought as many as there was room for.
  private var full: Set<String> = []

  var count: Int { runs.count }
  func count(_ kind: String) -> Int { counts[kind] ?? 0 }
  var tokens: [UUID: UUID] { runs.mapValues(\.token) }

  /// - Parameters:
  ///   - rooms: how many of each kind could have been taken.
  ///   - limit: how many of all kinds.
  mutating func start(_ taken: [TakenEffect], _ rooms: [String: Int], limit: Int) {
    for effect in taken {
      if let before = runs.updateValue(Run(token: effect.token, kind: effect.kind), forKey: effect.id) {
        counts[before.kind, default: 1] -= 1
      }
      counts[effect.kind, default: 0] += 1
    }
    let brought = Dictionary(grouping: taken, by: \.kind).mapValues(\.count)
    full = full.filter { rooms[$0] == 0 }
    for (kind, room) in rooms where room > 0 && (brought[kind] == room || taken.count >= limit) { full.insert(kind) }
  }

  /// Whether to look for more at once: when more of its kind may be waiting, and a quarter of the kind's room is free,
  /// which is what a take is worth. For others of its order key the end itself wakes; the poll sees to what is left.
  /// - Parameter most: how many of its kind may run.
  mutating func end(_ effect: TakenEffect, most: Int) -> Bool {
    if let run = runs[effect.id], run.token == effect.token {
      runs[effect.id] = nil
      counts[run.kind, default: 1] -= 1
    }
    return full.contains(effect.kind) && (most - count(effect.kind)) * 4 >= most
  }
}
