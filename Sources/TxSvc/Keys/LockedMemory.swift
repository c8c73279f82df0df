import Foundation
import Synchronization

/// Memory for secrets in clear: locked, so that it is never swapped out, left out of core dumps, and zeroed before it
/// is given back.
enum LockedMemory {
  struct Failure: Error, CustomStringConvertible {
    let bytes: Int
    var description: String { "the system gave no \(bytes) bytes of memory for a secret" }
  }

  private static let refused = Atomic<Int>(0)

  /// How often the system refused to lock (`ulimit -l`): the secret was held in ordinary memory, and zeroed as always.
  static var refusals: Int { refused.load(ordering: .relaxed) }

  /// Lends `count` zeroed bytes. They must not outlive the closure.
  static func with<Result>(
    _ count: Int, _ body: (UnsafeMutableRawBufferPointer) throws -> Result
  ) throws -> Result {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let size = max(1, (count + page - 1) / page) * page
    guard let start = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), start != MAP_FAILED
    else { throw Failure(bytes: count) }
    defer { munmap(start, size) }
    let isLocked = mlock(start, size) == 0
    if !isLocked { refused.add(1, ordering: .relaxed) }
    #if os(Linux)
      // Advice only: a kernel that does not know it still writes no core, because those are off (`ProcessSecrecy`).
      _ = madvise(start, size, MADV_DONTDUMP)
    #endif
    defer { Erasure.erase(UnsafeMutableRawBufferPointer(start: start, count: size)) }
    return try body(UnsafeMutableRawBufferPointer(start: start, count: count))
  }
}

/// Zeroing that no optimiser leaves out.
enum Erasure {
  /// The array must be the only one that holds the bytes: a shared one is copied first.
  static func erase(_ bytes: inout [UInt8]) { bytes.withUnsafeMutableBytes { erase($0) } }

  static func erase(_ buffer: UnsafeMutableRawBufferPointer) {
    guard let start = buffer.baseAddress else { return }
    explicit_bzero(start, buffer.count)
  }
}
