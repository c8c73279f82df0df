/// One stream with its groups, as a value.
struct MemoryStream: Sendable {
  struct ID: Sendable, Hashable, Comparable {
    var milliseconds: Int64
    var sequence: Int64

    static func < (a: ID, b: ID) -> Bool { (a.milliseconds, a.sequence) < (b.milliseconds, b.sequence) }
    var text: String { "\(milliseconds)-\(sequence)" }

    init(milliseconds: Int64, sequence: Int64) {
      self.milliseconds = milliseconds
      self.sequence = sequence
    }

    init?(_ text: String) {
      let parts = text.split(separator: "-")
      guard parts.count == 2, let milliseconds = Int64(parts[0]), let sequence = Int64(parts[1]) else { return nil }
      self.init(milliseconds: milliseconds, sequence: sequence)
    }
  }

  struct Entry: Sendable {
    let id: ID
    let fields: [[UInt8]]
  }

  struct Pending: Sendable {
    var owner: String
    var deliveries: Int
    /// Since when nobody has renewed it.
    var since: Int64
  }

  struct Group: Sendable {
    var last = ID(milliseconds: 0, sequence: 0)
    var pending: [ID: Pending] = [:]
    /// When each consumer last got something.
    var consumers: [String: Int64] = [:]
  }

  private(set) var entries: [Entry] = []
  var groups: [String: Group] = [:]
  private var last = ID(milliseconds: 0, sequence: 0)

  /// Ids never go back, whatever the clock does.
  mutating func add(_ fields: [[UInt8]], at now: Int64) -> ID {
    last =
      now > last.milliseconds
      ? ID(milliseconds: now, sequence: 0) : ID(milliseconds: last.milliseconds, sequence: last.sequence + 1)
    entries.append(Entry(id: last, fields: fields))
    return last
  }

  mutating func keep(last count: Int) {
    if entries.count > count { entries.removeFirst(entries.count - count) }
  }

  /// Entries behind an id, oldest first.
  func after(_ id: ID, limit: Int) -> ArraySlice<Entry> {
    let start = entries.partitioningIndex { $0.id > id }
    return entries[start...].prefix(limit)
  }

  func entry(_ id: ID) -> Entry? {
    let index = entries.partitioningIndex { $0.id >= id }
    return index < entries.count && entries[index].id == id ? entries[index] : nil
  }

  mutating func remove(_ id: ID) { entries.removeAll { $0.id == id } }

  mutating func removeAll(before id: ID) -> Int {
    let count = entries.partitioningIndex { $0.id >= id }
    entries.removeFirst(count)
    return count
  }

  /// What no group of these names still needs begins here; nil: one of them does not exist and needs everything.
  func floor(of names: [String]) -> ID? {
    var lowest = ID(milliseconds: last.milliseconds, sequence: last.sequence + 1)
    for name in names {
      guard let group = groups[name] else { return nil }
      let next = ID(milliseconds: group.last.milliseconds, sequence: group.last.sequence + 1)
      lowest = min(lowest, group.pending.keys.min() ?? next, next)
    }
    return lowest
  }
}

extension Array {
  /// The first index whose element fits, in an array in which all that fit stand behind all that don't.
  fileprivate func partitioningIndex(where fits: (Element) -> Bool) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if fits(self[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}

struct MemoryDeadLetter: Sendable {
  let id: MemoryStream.ID
  let streamID: MemoryStream.ID
  let group: String
  let reason: String
  let detail: String
  let deliveries: Int
  let fields: [[UInt8]]
}

extension [MemoryDeadLetter] {
  /// Adds one, under an id behind all others.
  mutating func bury(
    _ fields: [[UInt8]], _ streamID: MemoryStream.ID, at now: Int64, group: String, reason: String, detail: String,
    deliveries: Int
  ) {
    let id = MemoryStream.ID(
      milliseconds: Swift.max(now, last?.id.milliseconds ?? 0), sequence: (last?.id.sequence ?? 0) + 1)
    append(
      MemoryDeadLetter(
        id: id, streamID: streamID, group: group, reason: reason, detail: String(detail.prefix(500)),
        deliveries: deliveries, fields: fields))
  }
}
