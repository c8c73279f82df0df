/// Who runs in one hedged read. A value: the pool carries out what it says.
struct NodeRace {
  private var waiting: ArraySlice<Int>
  /// In the order in which they were asked.
  private(set) var running: [Int] = []

  init(order: [Int]) { waiting = order[...] }

  /// Whether nobody is left to be asked.
  var isExhausted: Bool { waiting.isEmpty }

  /// The next to be asked, which runs from then on.
  mutating func next() -> Int? {
    guard let next = waiting.popFirst() else { return nil }
    running.append(next)
    return next
  }

  /// A node failed; another takes its place at once, if one is left.
  mutating func lost(_ index: Int) -> Int? {
    running.removeAll { $0 == index }
    return next()
  }

  /// A node has been silent for the hedge's delay. Only the one asked last calls for help, so that a node that others
  /// already stand in for does not bring in more.
  mutating func isSilent(_ index: Int) -> Int? { running.last == index ? next() : nil }
}
