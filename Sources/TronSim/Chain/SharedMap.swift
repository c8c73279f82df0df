/// A dictionary whose copies share what they do not change. The states of the last blocks are copies of each other:
/// with a plain dictionary the first change after a copy would copy every account of the chain.
struct SharedMap<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  /// A change to a shared copy costs one list of this length and one part of the entries.
  private static var partCount: Int { 512 }

  private var parts: [[Key: Value]]
  private(set) var count = 0

  init() { parts = Array(repeating: [:], count: Self.partCount) }

  var isEmpty: Bool { count == 0 }
  var keys: [Key] { parts.flatMap(\.keys) }
  var values: [Value] { parts.flatMap(\.values) }

  private func part(of key: Key) -> Int { key.hashValue & (Self.partCount - 1) }

  subscript(key: Key) -> Value? {
    get { parts[part(of: key)][key] }
    set {
      let part = part(of: key)
      let before = parts[part].count
      parts[part][key] = newValue
      count += parts[part].count - before
    }
  }

  subscript(key: Key, default value: @autoclosure () -> Value) -> Value {
    get { self[key] ?? value() }
    set { self[key] = newValue }
  }
}

extension SharedMap: ExpressibleByDictionaryLiteral {
  init(dictionaryLiteral elements: (Key, Value)...) {
    self.init()
    for (key, value) in elements { self[key] = value }
  }
}

extension SharedMap: Sequence {
  func makeIterator() -> FlattenSequence<[[Key: Value]]>.Iterator { parts.joined().makeIterator() }
}

extension SharedMap: Equatable where Value: Equatable {}
