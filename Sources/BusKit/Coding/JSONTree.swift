/// A JSON value while it is written: every scalar, with its key before it, is a range of one run of bytes, and every
/// object or array a chain of such ranges. Containers may be written to in any order; `JSONTree+Output` puts the keys
/// in theirs.
struct JSONTree: ~Copyable {
  /// Arrays and objects nested deeper than this are refused, in both directions.
  static let depthMax = 511

  enum Content: Equatable {
    /// Nothing yet. Written as `{}`, like a type that encodes nothing.
    case nothing
    /// The value follows the key in the bytes.
    case scalar
    case container(Int)
    /// Its encoding threw and was caught by whoever encodes: as if it had never been begun.
    case dropped
  }

  /// A key with its value, or an element of an array.
  struct Entry {
    /// The first eight bytes of the key, the first in the highest place: decides most comparisons.
    var prefix: UInt64 = 0
    /// The key without quotes and escapes.
    var key: Range<Int>
    /// What is written of it: the quoted key and its colon, and a scalar after it.
    var text: Range<Int>
    /// The container it stands in; -1 for the whole value.
    var owner: Int
    var content = Content.nothing
    var next = -1
  }

  /// An object or array.
  struct Container {
    let isObject: Bool
    /// The entry whose value it is.
    let entry: Int
    let depth: Int
    var first = -1
    var last = -1
    var count = 0
  }

  var bytes = ByteSink(capacity: 1024)
  var entries: ContiguousArray<Entry> = []
  var containers: ContiguousArray<Container> = []
  /// What went wrong where the protocol has no way to throw.
  private(set) var failure: EncodingError?

  static let root = 0

  init() {
    entries.reserveCapacity(24)
    containers.reserveCapacity(4)
    entries.append(Entry(key: 0..<0, text: 0..<0, owner: -1))
  }

  /// Remembers the first mistake; it is thrown at the next chance.
  mutating func fail(_ reason: String, at entry: Int) {
    if failure == nil {
      failure = .invalidValue(reason, .init(codingPath: path(of: entry), debugDescription: reason))
    }
  }

  func check() throws {
    if let failure { throw failure }
  }

  // MARK: - Growing

  mutating func add(_ key: String, to container: Int) -> Int {
    let start = bytes.count
    var keyStart = start + 1
    let keyCount = key.utf8.count
    var textStart = start
    if bytes.append(quoted: key) {
      // Keys are ordered as they are, not as they are escaped.
      keyStart = bytes.count
      bytes.append(key)
      textStart = bytes.count
      bytes.append(quoted: key)
    }
    bytes.append(UInt8(ascii: ":"))
    var entry = Entry(key: keyStart..<(keyStart + keyCount), text: textStart..<bytes.count, owner: container)
    entry.prefix = prefix(keyStart, keyCount)
    return append(entry)
  }

  mutating func addElement(to container: Int) -> Int {
    append(Entry(key: 0..<0, text: bytes.count..<bytes.count, owner: container))
  }

  private mutating func append(_ entry: Entry) -> Int {
    let index = entries.count
    entries.append(entry)
    let owner = entry.owner
    let last = containers[owner].last
    if last < 0 { containers[owner].first = index } else { entries[last].next = index }
    containers[owner].last = index
    containers[owner].count += 1
    return index
  }

  private mutating func prefix(_ start: Int, _ count: Int) -> UInt64 {
    // The quote and the colon follow the key, so there may be fewer than eight bytes.
    bytes.reserve(8)
    let word = UnsafeRawPointer(bytes.base + start).loadUnaligned(as: UInt64.self).bigEndian
    return count >= 8 ? word : count == 0 ? 0 : word & (~0 << UInt64(64 - 8 * count))
  }

  /// The object or array that is the value of an entry: a further request for the same kind gives the same one.
  mutating func container(isObject: Bool, at entry: Int) -> Int {
    let depth = entries[entry].owner < 0 ? 1 : containers[entries[entry].owner].depth + 1
    switch entries[entry].content {
    case .container(let index) where containers[index].isObject == isObject:
      return index
    case .nothing where depth <= Self.depthMax:
      break
    case .nothing:
      fail("more than \(Self.depthMax) nested objects and arrays", at: entry)
    default:
      fail("two values for one key", at: entry)
    }
    if failure == nil { entries[entry].content = .container(containers.count) }
    containers.append(Container(isObject: isObject, entry: entry, depth: depth))
    return containers.count - 1
  }

  /// The entry of this key that was begun last.
  func find(_ key: String, in container: Int) -> Int? {
    let count = key.utf8.count
    var found: Int?
    var index = containers[container].first
    while index >= 0 {
      let entry = entries[index]
      let name = UnsafeBufferPointer(start: bytes.base + entry.key.lowerBound, count: entry.key.count)
      if name.count == count, entry.content != .dropped, name.elementsEqual(key.utf8) { found = index }
      index = entry.next
    }
    return found
  }

  // MARK: - Scalars

  /// Writes a scalar behind its key.
  @inline(__always)
  mutating func scalar(at entry: Int, _ write: (inout ByteSink) -> Void) throws {
    guard entries[entry].content == .nothing else { throw twice(entry) }
    if entries[entry].text.upperBound != bytes.count { moveKey(entry) }
    write(&bytes)
    entries[entry].text = entries[entry].text.lowerBound..<bytes.count
    entries[entry].content = .scalar
  }

  /// Something was written since the key was: the key is written again.
  @inline(never)
  private mutating func moveKey(_ entry: Int) {
    let start = bytes.count
    bytes.append(repeating: entries[entry].text)
    entries[entry].text = start..<bytes.count
  }

  @inline(never)
  func twice(_ entry: Int) -> EncodingError {
    .invalidValue(
      "second value", .init(codingPath: path(of: entry), debugDescription: "a value was encoded here already"))
  }

  /// Forgets the value of an entry.
  mutating func empty(_ entry: Int, textBefore: Range<Int>) {
    entries[entry].content = .nothing
    entries[entry].text = textBefore
  }

  mutating func drop(_ entry: Int) {
    entries[entry].content = .dropped
    containers[entries[entry].owner].count -= 1
  }

  // MARK: - Paths

  /// Worked out only when somebody asks.
  func path(of entry: Int) -> [any CodingKey] {
    var keys: [any CodingKey] = []
    var index = entry
    while index >= 0, entries[index].owner >= 0 {
      let owner = containers[entries[index].owner]
      if owner.isObject {
        let key = entries[index].key
        let text = UnsafeBufferPointer(start: bytes.base + key.lowerBound, count: key.count)
        keys.append(JSONKey(stringValue: String(decoding: text, as: UTF8.self)))
      } else {
        keys.append(JSONKey(intValue: position(of: index, in: owner)))
      }
      index = owner.entry
    }
    return keys.reversed()
  }

  private func position(of entry: Int, in owner: Container) -> Int {
    var position = 0
    var index = owner.first
    while index >= 0, index != entry {
      position += 1
      index = entries[index].next
    }
    return position
  }
}

/// A step of a coding path: a key of an object or a place in an array.
struct JSONKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(stringValue: String) {
    self.stringValue = stringValue
    intValue = nil
  }

  init(intValue: Int) {
    stringValue = "Index \(intValue)"
    self.intValue = intValue
  }

  static let `super` = JSONKey(stringValue: "super")
}
