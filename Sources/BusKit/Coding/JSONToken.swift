/// One value or key of a JSON text. A text is a flat list of them: a container is followed by its contents, a key by
/// its value.
struct JSONToken {
  enum Kind: UInt8 {
    case null, `true`, `false`, number, string, array, object
  }

  struct Flags: OptionSet {
    let rawValue: UInt8
    /// A string or key with backslashes.
    static let escaped = Flags(rawValue: 1)
    /// A number without fraction and exponent.
    static let integer = Flags(rawValue: 2)
    /// An object whose keys were not in strictly ascending order.
    static let unordered = Flags(rawValue: 4)
  }

  let kind: Kind
  var flags: Flags = []
  /// Where it begins in the text; a string after its quote.
  let start: UInt32
  /// Of a scalar where it ends; of a container the number of the token after it.
  var end: UInt32
  /// Of an array how many elements it has; of an object the key that was asked for last.
  var extra: UInt32 = 0

  var isContainer: Bool { kind.rawValue >= Kind.array.rawValue }
  var text: Range<Int> { Int(start)..<Int(end) }
}

/// Tokens in memory of their own, freed with the last reader.
struct JSONTokens: ~Copyable {
  private(set) var base: UnsafeMutablePointer<JSONToken>
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int) {
    self.capacity = max(16, capacity)
    base = .allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  @inline(__always)
  mutating func append(_ token: JSONToken) {
    if count == capacity { grow() }
    (base + count).initialize(to: token)
    count += 1
  }

  @inline(never)
  private mutating func grow() {
    let moved = UnsafeMutablePointer<JSONToken>.allocate(capacity: capacity * 2)
    moved.moveInitialize(from: base, count: count)
    base.deallocate()
    base = moved
    capacity *= 2
  }

  subscript(_ index: Int) -> JSONToken {
    @inline(__always) get {
      precondition(index >= 0 && index < count, "a token outside its text")
      return base[index]
    }
    @inline(__always) _modify {
      precondition(index >= 0 && index < count, "a token outside its text")
      yield &base[index]
    }
  }
}

/// Text that is not JSON, or more of it than is read.
struct JSONSyntaxError: Error, CustomStringConvertible {
  let reason: String
  let offset: Int
  var description: String { "\(reason), at byte \(offset)" }
}
