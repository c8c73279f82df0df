/// The faults that are set, and how often each has fired.
struct FaultBoard: Sendable {
  static let maximum = 256

  /// What has happened: a fault's mode, or an event of the network's own (`node` is 0 for one that concerns all nodes).
  struct Event: Hashable, Sendable {
    let name: String
    let node: Int
    let path: String
  }

  private(set) var faults: [Fault] = []
  private var counts: [Event: Int64] = [:]

  /// Replaces the one with the same path, mode and node; a count of 0 takes it away.
  mutating func set(_ fault: Fault) throws(APIError) {
    faults.removeAll { $0.replaces(fault) }
    guard fault.count != 0 else { return }
    guard faults.count < Self.maximum else {
      throw .control(status: 400, "\(Self.maximum) faults are set; take some away with POST /sim/faults/clear")
    }
    faults.append(fault)
  }

  mutating func clear() { faults = [] }

  /// The first fault that fires at this call, which uses it up by one.
  mutating func take(path: String, node index: Int, where applies: (Fault) -> Bool) -> Fault? {
    for position in faults.indices where faults[position].covers(path: path, node: index) {
      guard faults[position].draws(), applies(faults[position]) else { continue }
      let fault = faults[position]
      if let count = fault.count {
        if count == 1 { faults.remove(at: position) } else { faults[position].count = count - 1 }
      }
      record(fault.mode.rawValue, node: index + 1, path: fault.target.text)
      return fault
    }
    return nil
  }

  mutating func record(_ name: String, node: Int, path: String = "", times: Int = 1) {
    counts[Event(name: name, node: node, path: path), default: 0] += Int64(times)
  }

  // MARK: JSON

  var json: JSON {
    .array(
      faults.map { fault in
        var object = JSONObject()
        object.set("path", .string(fault.target.text))
        object.set("mode", .string(fault.mode.rawValue))
        if let node = fault.node { object.set("node", .int(Int64(node))) }
        if let count = fault.count { object.set("count", .int(count)) }
        object.set("probability", .double(fault.probability))
        object.set("delay_ms", .int(fault.delayMs))
        return object.json
      })
  }

  /// `total` by name, and `events` in detail.
  var firedJSON: JSON {
    var totals: [String: Int64] = [:]
    for (event, count) in counts { totals[event.name, default: 0] += count }
    let events = counts.sorted { ($0.key.name, $0.key.node, $0.key.path) < ($1.key.name, $1.key.node, $1.key.path) }
    return [
      "total": .object(totals.sorted { $0.key < $1.key }.map { (key: $0.key, value: .int($0.value)) }),
      "events": .array(
        events.map { event, count in
          var object = JSONObject()
          object.set("name", .string(event.name))
          object.set("node", nonZero: Int64(event.node))
          object.set("path", nonEmpty: event.path)
          object.set("count", .int(count))
          return object.json
        }),
    ]
  }
}
