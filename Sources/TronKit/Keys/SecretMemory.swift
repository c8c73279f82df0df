#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Synchronization

/// The memory of every `SecretBytes`: locked, so that it is not written to swap, and left out of core dumps where the
/// system can do that (Linux).
///
/// Locking takes from RLIMIT_MEMLOCK (`ulimit -l`). When that is used up secrets are held in ordinary memory, still
/// zeroed after use, and counted: see `report`. A service that would rather not run then calls `requireLocked()` at
/// start.
public enum SecretMemory {
  /// How the secrets of this process are held.
  public struct Report: Hashable, Sendable {
    /// Bytes of whole pages that the system has locked.
    public var lockedBytes = 0
    /// Bytes of whole pages that it refused to lock. Zero is what is wanted.
    public var unlockedBytes = 0
    /// Secrets alive at this moment.
    public var secrets = 0
    /// What the system said when it last refused.
    public var lockFailure: String?
  }

  static let arena = SecretArena(lock: mlock)

  /// A count at this moment.
  public static var report: Report { arena.report }

  /// Makes sure that secrets can be locked.
  /// - Throws: `KeyError` with the code `memory_not_locked` once locking has failed.
  public static func requireLocked() throws(KeyError) {
    // Memory is taken when the first secret needs it.
    _ = try SecretBytes(count: 1)
    if let failure = report.lockFailure { throw KeyError.notLocked(failure) }
  }

  /// Overwrites with zeros in a way that no compiler leaves out.
  public static func erase(_ buffer: UnsafeMutableRawBufferPointer) {
    guard let start = buffer.baseAddress else { return }
    #if canImport(Glibc)
      explicit_bzero(start, buffer.count)
    #else
      memset_s(start, buffer.count, 0, buffer.count)
    #endif
  }
}

/// Hands out slots of locked pages. Locking works on pages, and there may be few of them: small secrets share theirs.
final class SecretArena: Sendable {
  typealias Lock = @Sendable (UnsafeRawPointer, Int) -> Int32

  /// A key, a seed or the two halves of an HMAC-SHA512.
  static let slotSize = 64
  private static let pageSize = Int(getpagesize())
  private static let chunkSize = max(16 * 1024, pageSize)

  private struct State {
    /// Addresses of slots that nobody uses.
    var free: [UInt] = []
    /// Mappings of their own that could not be locked.
    var unlocked: Set<UInt> = []
    var report = SecretMemory.Report()
  }

  private let state = Mutex(State())
  private let lock: Lock

  /// - Parameter lock: `mlock`, or what a test puts in its place.
  init(lock: @escaping Lock) { self.lock = lock }

  var report: SecretMemory.Report { state.withLock { $0.report } }

  /// Zeroed memory. More than a slot gets pages of its own.
  func take(_ count: Int) throws(KeyError) -> UnsafeMutableRawPointer {
    let address = state.withLock { state -> UInt? in
      let address: UInt?
      if count > Self.slotSize {
        address = map(Self.pages(count), &state)
      } else {
        if state.free.isEmpty, let chunk = map(Self.chunkSize, &state) {
          state.free = (0..<Self.chunkSize / Self.slotSize).reversed().map { chunk + UInt($0 * Self.slotSize) }
        }
        address = state.free.popLast()
      }
      if address != nil { state.report.secrets += 1 }
      return address
    }
    guard let address, let pointer = UnsafeMutableRawPointer(bitPattern: address) else { throw KeyError.noMemory }
    return pointer
  }

  /// Zeroes the memory and takes it back.
  func giveBack(_ pointer: UnsafeMutableRawPointer, _ count: Int) {
    SecretMemory.erase(UnsafeMutableRawBufferPointer(start: pointer, count: count))
    let address = UInt(bitPattern: pointer)
    state.withLock { state in
      state.report.secrets -= 1
      guard count > Self.slotSize else { return state.free.append(address) }
      let size = Self.pages(count)
      if state.unlocked.remove(address) != nil {
        state.report.unlockedBytes -= size
      } else {
        state.report.lockedBytes -= size
      }
      // Cannot fail for a whole mapping; it unlocks too.
      munmap(UnsafeMutableRawPointer(bitPattern: address), size)
    }
  }

  private static func pages(_ count: Int) -> Int { (count + pageSize - 1) / pageSize * pageSize }

  private func map(_ size: Int, _ state: inout State) -> UInt? {
    let flags = MAP_PRIVATE | MAP_ANONYMOUS
    guard let pages = mmap(nil, size, PROT_READ | PROT_WRITE, flags, -1, 0), pages != MAP_FAILED else { return nil }
    if lock(pages, size) == 0 {
      state.report.lockedBytes += size
    } else {
      state.report.lockFailure = String(cString: strerror(errno))
      state.report.unlockedBytes += size
      state.unlocked.insert(UInt(bitPattern: pages))
    }
    #if os(Linux)
      // Since Linux 3.4. A kernel without it dumps as it always did: nothing else depends on it.
      madvise(pages, size, MADV_DONTDUMP)
    #endif
    return UInt(bitPattern: pages)
  }
}
