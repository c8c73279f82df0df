import Foundation
import Synchronization

extension UUID {
  /// A version 7 UUID (RFC 9562): 48 bits of Unix milliseconds, a counter of 26 bits that begins at random in each
  /// millisecond, 48 random bits. Sorts by time, which keeps indexes compact.
  ///
  /// Within a process identifiers sort in the order in which they were asked for, also within a millisecond and when
  /// the clock is set back. With `milliseconds` given that holds for those of equal milliseconds, one after another.
  public static func v7(milliseconds: Int64? = nil) -> UUID {
    if let milliseconds { return given.withLock { $0.next(max(0, milliseconds)) } }
    let now = Int64(Date().timeIntervalSince1970 * 1000)
    return clocked.withLock { $0.next(max(now, $0.milliseconds)) }
  }

  private static let clocked = Mutex(SequenceV7())
  private static let given = Mutex(SequenceV7())
}

/// The identifier given last.
private struct SequenceV7 {
  private static let counterMax: UInt64 = 1 << 26 - 1

  private(set) var milliseconds: Int64 = 0
  private var counter: UInt64 = 0
  private var random = RandomStock()

  mutating func next(_ wanted: Int64) -> UUID {
    if wanted == milliseconds, counter < Self.counterMax {
      counter += 1
    } else {
      // A counter that is used up, which takes 30 million in a millisecond, borrows from the next one.
      milliseconds = wanted == milliseconds ? wanted + 1 : wanted
      // The lower half of its range, so that there is always room.
      counter = random.next() >> 39
    }
    return Self.uuid(UInt64(milliseconds), counter, random.next())
  }

  private static func uuid(_ time: UInt64, _ counter: UInt64, _ random: UInt64) -> UUID {
    UUID(
      uuid: (
        UInt8(truncatingIfNeeded: time >> 40), UInt8(truncatingIfNeeded: time >> 32),
        UInt8(truncatingIfNeeded: time >> 24), UInt8(truncatingIfNeeded: time >> 16),
        UInt8(truncatingIfNeeded: time >> 8), UInt8(truncatingIfNeeded: time),
        0x70 | UInt8(truncatingIfNeeded: counter >> 22), UInt8(truncatingIfNeeded: counter >> 14),
        0x80 | UInt8(truncatingIfNeeded: counter >> 8 & 0x3f), UInt8(truncatingIfNeeded: counter),
        UInt8(truncatingIfNeeded: random), UInt8(truncatingIfNeeded: random >> 8),
        UInt8(truncatingIfNeeded: random >> 16), UInt8(truncatingIfNeeded: random >> 24),
        UInt8(truncatingIfNeeded: random >> 32), UInt8(truncatingIfNeeded: random >> 40)
      ))
  }
}
