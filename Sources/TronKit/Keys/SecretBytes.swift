/// A few secret bytes in locked memory (`SecretMemory`), zeroed when the last reference is gone. No description or dump
/// shows them, they have no JSON form, and comparing takes the same time wherever they differ.
///
/// Safe because the bytes are written before the initialiser returns and never after.
public final class SecretBytes: @unchecked Sendable {
  /// How many bytes there are.
  public let count: Int
  private let start: UnsafeMutableRawPointer
  private let arena: SecretArena

  /// Takes memory of this many zero bytes and lets the closure write to it. What the closure throws, it must hold as a
  /// value: a secret must not be in it.
  /// - Throws: `KeyError` with the code `no_secret_memory`, or what the closure throws.
  public convenience init(count: Int, filling: (UnsafeMutableRawBufferPointer) throws -> Void) throws {
    try self.init(count: count)
    try filling(mutable)
  }

  /// Copies the bytes; the source is the caller's to erase.
  public convenience init(copying source: UnsafeRawBufferPointer) throws(KeyError) {
    try self.init(count: source.count)
    mutable.copyMemory(from: source)
  }

  /// Zeros, for code of this module that fills them before anyone else sees the object.
  init(count: Int, in arena: SecretArena = SecretMemory.arena) throws(KeyError) {
    start = try arena.take(max(count, 1))
    self.count = count
    self.arena = arena
  }

  deinit { arena.giveBack(start, max(count, 1)) }

  var mutable: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: start, count: count) }
  var bytes: UnsafeMutablePointer<UInt8> { start.assumingMemoryBound(to: UInt8.self) }

  /// Overwrites all bytes from the system's generator.
  func fillRandomly() {
    var generator = SystemRandomNumberGenerator()
    for index in 0..<count { bytes[index] = generator.next() }
  }

  /// Lends the bytes. They must not outlive the closure.
  public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try withExtendedLifetime(self) { try body(UnsafeRawBufferPointer(start: start, count: count)) }
  }
}

extension SecretBytes: Equatable {
  public static func == (left: SecretBytes, right: SecretBytes) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for index in 0..<left.count { difference |= left.bytes[index] ^ right.bytes[index] }
    return withExtendedLifetime((left, right)) { difference == 0 }
  }
}

extension SecretBytes: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "•••" }
  public var debugDescription: String { "•••" }
  public var customMirror: Mirror { Mirror(self, children: []) }
}
