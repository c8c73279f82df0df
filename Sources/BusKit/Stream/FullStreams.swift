/// The streams that have reached their cap, as far as this process has seen, and those that have room again while rows
/// wait that were passed over.
struct FullStreams: Sendable {
  private var since: [String: ContinuousClock.Instant] = [:]
  /// How many messages a stream that was full can take.
  private(set) var rooms: [String: Int] = [:]
  private var looked: ContinuousClock.Instant?
  private let grace: Duration

  /// So many times the grace the sweep passes over rows at first, and at most.
  private static let (first, most) = (4, 30)
  /// How often a full stream is asked for its length.
  private static let lookInterval: Duration = .milliseconds(250)

  /// - Parameter grace: of the sweep.
  init(grace: Duration) { self.grace = grace }

  /// The longest that rows are passed over.
  var pauseMax: Duration { grace * Self.most }
  var isEmpty: Bool { since.isEmpty && rooms.isEmpty }
  func contains(_ stream: String) -> Bool { since[stream] != nil }

  /// Returns whether it has become full, or has room again; nil: neither.
  mutating func note(length: Int, most: Int, of stream: String, at now: ContinuousClock.Instant) -> Bool? {
    if length >= most {
      rooms[stream] = nil
      if since[stream] != nil { return nil }
      since[stream] = now
      return true
    }
    let wasFull = since.removeValue(forKey: stream) != nil
    if wasFull || rooms[stream] != nil { rooms[stream] = most - length }
    return wasFull ? false : nil
  }

  /// Nothing of this stream is passed over any more.
  mutating func forget(_ stream: String) { rooms[stream] = nil }

  /// For how long the rows of each full stream are passed over: as long as it has been full so far, so that a stream
  /// that stays full costs less and less.
  func pauses(at now: ContinuousClock.Instant) -> [String: Duration] {
    since.mapValues { min(max($0.duration(to: now), grace * Self.first), pauseMax) }
  }

  /// The full streams, when it is time to look at them again.
  mutating func toLook(at now: ContinuousClock.Instant) -> [String] {
    guard !since.isEmpty, looked.map({ $0 + Self.lookInterval <= now }) ?? true else { return [] }
    looked = now
    return since.keys.sorted()
  }
}
