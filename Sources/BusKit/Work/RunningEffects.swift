import Foundation

/// The effects that a process runs, and whether it is worth asking for more.
struct RunningEffects {
  private struct Run {
    let token: UUID
    let kind: String
  }

  private var runs: [UUID: Run] = [:]
  private var counts: [String: Int] = [:]
  /// Kinds of which the last take brought as many as there was room for: more of them are waiting.
  private var full: Set<String> = []

  var count: Int { runs.count }
  func count(_ kind: String) -> Int { counts[kind] ?? 0 }
  var tokens: [UUID: UUID] { runs.mapValues(\.token) }

  /// - Parameter rooms: how many of each kind could have been taken.
  mutating func start(_ taken: [TakenEffect], _ rooms: [String: Int]) {
    for effect in taken {
      if let before = runs.updateValue(Run(token: effect.token, kind: effect.kind), forKey: effect.id) {
        counts[before.kind, default: 1] -= 1
      }
      counts[effect.kind, default: 0] += 1
    }
    let brought = Dictionary(grouping: taken, by: \.kind).mapValues(\.count)
    full = full.filter { rooms[$0] == 0 }
    for (kind, room) in rooms where room > 0 && brought[kind] == room { full.insert(kind) }
  }

  /// Whether to look for more at once. While many wait, a take is worth its price when a quarter of the kind's room is
  /// free; the poll sees to what is left over.
  /// - Parameter most: how many of its kind may run.
  mutating func end(_ effect: TakenEffect, most: Int) -> Bool {
    if let run = runs[effect.id], run.token == effect.token {
      runs[effect.id] = nil
      counts[run.kind, default: 1] -= 1
    }
    return !full.contains(effect.kind) || (most - count(effect.kind)) * 4 >= most
  }
}
