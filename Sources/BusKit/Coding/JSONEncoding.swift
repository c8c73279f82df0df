import Foundation

/// One encoding: the tree that every container of it writes to.
///
/// The tree lies in memory of its own instead of a stored property, because checking each access to a property for
/// exclusivity costs as much as all the rest. Safe because it is reached only through `tree`, nothing that is called
/// with it runs foreign code, and it is freed with the last container.
final class JSONEncoding {
  private let memory: UnsafeMutablePointer<JSONTree>
  private var recursion = 0

  init() {
    memory = .allocate(capacity: 1)
    memory.initialize(to: JSONTree())
  }

  deinit {
    memory.deinitialize(count: 1)
    memory.deallocate()
  }

  var tree: JSONTree {
    @inline(__always) _read { yield memory.pointee }
    @inline(__always) _modify { yield &memory.pointee }
  }

  /// Encodes any value: what has a form of its own in JSON directly, everything else by its own `encode(to:)`.
  func encode<T: Encodable>(_ value: T, at entry: Int) throws {
    // The casts are safe because the types were just compared.
    if T.self == Date.self { return try tree.write(unsafeBitCast(value, to: Date.self), at: entry) }
    if T.self == UUID.self { return try tree.write(unsafeBitCast(value, to: UUID.self), at: entry) }
    if T.self == String.self { return try tree.write(unsafeBitCast(value, to: String.self), at: entry) }
    if T.self == Int.self { return try tree.write(unsafeBitCast(value, to: Int.self), at: entry) }
    if T.self == Int64.self { return try tree.write(unsafeBitCast(value, to: Int64.self), at: entry) }
    if T.self == Data.self { return try tree.write(unsafeBitCast(value, to: Data.self), at: entry) }
    if T.self == URL.self { return try tree.write(unsafeBitCast(value, to: URL.self).absoluteString, at: entry) }
    if T.self == Decimal.self { return try tree.write(unsafeBitCast(value, to: Decimal.self), at: entry) }
    try nested(value, at: entry)
  }

  /// What a type wrote before it threw is forgotten.
  private func nested<T: Encodable>(_ value: T, at entry: Int) throws {
    guard tree.entries[entry].content == .nothing else { throw tree.twice(entry) }
    guard recursion <= JSONTree.depthMax else {
      throw EncodingError.invalidValue(
        value,
        .init(
          codingPath: tree.path(of: entry),
          debugDescription: "more than \(JSONTree.depthMax) values within one another"))
    }
    let before = tree.entries[entry].text
    recursion += 1
    defer { recursion -= 1 }
    do {
      try value.encode(to: JSONValueEncoder(encoding: self, entry: entry))
      try tree.check()
    } catch {
      tree.empty(entry, textBefore: before)
      throw error
    }
  }
}
